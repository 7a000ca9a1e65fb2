namespace KairosBoot.Plan.Tests;

public class PathPartsTests
{
    [Theory]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a", "/", "a")]
    [InlineData("/", "/", "")]
    [InlineData("a/b/c", "a/b", "c")]
    [InlineData("a", "", "a")]
    [InlineData("", "", "")]
    [InlineData("/a/", "/a", "")]
    public void A_path_has_a_parent_and_a_name(string path, string parent, string name)
    {
        Assert.Equal((parent, name), (PathParts.ParentOf(path), PathParts.NameOf(path)));
        Assert.Equal(name, PathParts.NameOf(path.AsSpan()).ToString());
    }

    [Theory]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/usr/local/.state/a..b/...", "/usr/local/.state/a..b/...")]
    [InlineData("//a///b/", "/a/b")]
    [InlineData("/", null)]
    [InlineData("a/b", null)]
    [InlineData("", null)]
    [InlineData("/a/./b", null)]
    [InlineData("/a/..", null)]
    [InlineData("/a\0b", null)]
    public void A_mount_point_is_an_absolute_path_without_dots(string path, string? normal) =>
        Assert.Equal(normal, MountPath.TryNormalise(path));

    [Fact]
    public void A_shell_gets_words_with_special_characters_in_quotes()
    {
        for (var c = 1; c < 0x180; c++)
        {
            var word = $"a{(char)c}b";
            var isPlain = c < 128 && (char.IsLetterOrDigit((char)c) || "/._-+=:,@%".Contains((char)c));
            Assert.Equal(isPlain ? word : c == '\'' ? @"'a'\''b'" : $"'{word}'", ShellText.Quote(word));
        }
        Assert.Equal("''", ShellText.Quote(""));
    }

    [Theory]
    [InlineData("/a/b", "a b")]
    [InlineData("//a/./b//", "a . b")]
    [InlineData("/", "")]
    [InlineData("", "")]
    public void Names_are_never_empty(string path, string names) => Assert.Equal(names, string.Join(' ', PathParts.NamesOf(path)));

    [Theory]
    [InlineData("/a/b/c", "/a /a/b /a/b/c")]
    [InlineData("a/b", "a a/b")]
    [InlineData("a", "a")]
    [InlineData("/a", "/a")]
    [InlineData("/", "/")]
    public void Prefixes_end_with_the_path_itself(string path, string prefixes) =>
        Assert.Equal(prefixes, string.Join(' ', PathParts.PrefixesOf(path)));

    [Theory]
    [InlineData("a/b", true)]
    [InlineData("...", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("a/../b", false)]
    [InlineData(".", false)]
    public void A_plain_member_has_no_empty_or_special_part(string path, bool isPlain) =>
        Assert.Equal(isPlain, PathParts.IsPlainMember(path));

    [Theory]
    [InlineData("/", "a", "/a")]
    [InlineData("/b", "a", "/b/a")]
    [InlineData("/b", "", "/b")]
    [InlineData("/", "", "/")]
    public void A_path_below_the_root_has_one_slash(string directory, string name, string path) =>
        Assert.Equal(path, PathParts.Below(directory, name));
}
