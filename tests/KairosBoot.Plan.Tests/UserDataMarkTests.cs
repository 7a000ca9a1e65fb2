namespace KairosBoot.Plan.Tests;

public sealed class UserDataMarkTests
{
    private static readonly string Digest = new('a', 64);

    [Theory]
    [InlineData(null, null, "/dev/vdb")]
    [InlineData("QEMU HARDDISK", null, "/dev/vdb (model \"QEMU HARDDISK\")")]
    [InlineData(null, "1", "/dev/vdb (serial \"1\")")]
    [InlineData(" a\nSHA256=b\u001b[2J ", "\"x\"", "/dev/vdb (model \"a?SHA256=b?[2J\", serial \"?x?\")")]
    [InlineData("", " ", "/dev/vdb")]
    public void A_mark_is_read_as_it_was_written_for_any_disk(string? model, string? serial, string name)
    {
        var disk = new BlockDevice("vdb", "vdb", 0, 1) { Model = model, Serial = serial };
        var mark = UserDataMark.Of(disk, "/dev/vdb", Digest) with { MetadataSha256 = new string('b', 64) };
        Assert.Equal(mark, UserDataMark.TryParse(mark.Write()));
        Assert.Equal(name, mark.Name);
        Assert.True(UserDataMark.TryParse(mark.Write())!.IsOn(disk));
        Assert.False(mark.IsOn(disk with { Serial = "another" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("DEVICE=/dev/vdb\n")]
    [InlineData("DEVICE=/dev/vdb\nSHA256=aa\n")]
    [InlineData("DEVICE=\nSHA256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")]
    [InlineData("DEVICE=/dev/vdb\nSHA256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
    public void A_text_without_device_and_digest_is_not_a_mark(string text) => Assert.Null(UserDataMark.TryParse(text));
}
