using System.Text;

namespace KairosBoot.Plan.Tests;

public class ToolWriterTests
{
    [Fact]
    public void A_debugfs_script_is_this_text() =>
        Assert.Equal("set_current_time @5\ncd \"/a \"\"b\"\"\"\nmkdir \"c\"\ncd \"/\"\nwrite \"/scratch/it's\" \"f\"\nsif \"/f\" uid 1\n" +
            "sif \"/f\" gid 2\nsif \"/f\" mode 0100644\n"
            + "ea_set -f \"/scratch/1\" \"/f\" \"user.a=b c\"\n",
            Encoding.UTF8.GetString(new DebugFsCommands().SetCurrentTime(5).MakeDirectory("a \"b\"/c").WriteFile("/scratch/it's",
                "f").SetOwner("f", 1, 2)
                .SetMode("f", 0x81A4).SetAttribute("f", XattrName.Parse("user.a=b c", "f"), "/scratch/1").ToBytes()));

    [Fact]
    public void A_pseudo_file_is_this_text()
    {
        var file = new SquashfsDefinitions().MakeDirectory("a b", Octal.O755).MakeLink("boot/vmlinuz", "vmlinuz-6.1").MakeFifo("f",
            Octal.O600, 1, 2)
            .MakeDevice("d", isBlock: false, Octal.O600, 0, 0, 1, 3).Modify("\"\\", Octal.O4755, 7, 8);
        Assert.Equal("content.5", file.WriteFile("boot/initrd", Octal.O644));
        Assert.Equal("\"a b\" d 755 0 0\n\"boot/vmlinuz\" s 777 0 0 vmlinuz-6.1\n\"f\" i 600 1 2 f\n\"d\" c 600 0 0 1 3\n\"\\\"\\\\\" m " +
            "4755 7 8\n\"boot/initrd\" f 644 0 0 cat content.5\n",
            Encoding.UTF8.GetString(file.ToBytes()));
    }

    [Fact]
    public void A_long_path_is_split_into_steps()
    {
        var path = string.Join('/', Enumerable.Repeat(new string('"', 255), 16))[..4095];
        var script = new DebugFsCommands().SetMode(path, 0x8000).MakeDirectory(path);
        var commands = ScriptReaders.DebugFs(script.ToBytes());
        Assert.Equal(script.Count, commands.Count);
        Assert.All(commands, command => Assert.Contains(command[0], new[] { "cd", "sif", "mkdir" }));
    }

    [Theory]
    [InlineData("user.x\n!id")]
    [InlineData("user.")]
    [InlineData("x")]
    [InlineData("other.x")]
    [InlineData("-f")]
    [InlineData("user.\uD800")]
    [InlineData("user.\u007f")]
    public void An_invalid_attribute_name_is_refused(string name) => Assert.Null(XattrName.TryParse(name));

    [Fact]
    public void An_attribute_name_with_a_shell_command_is_refused() =>
        Assert.Contains("not the name of an extended attribute",
            Assert.Throws<OperatorException>(() => XattrName.Parse("user." + new string(' ', 8300) + "!id > /tmp/pwned; #", "m")).Problem);

    [Theory]
    [InlineData("6.1.0-18-amd64", true)]
    [InlineData("6.8.0-0.rc1.20240101git1.fc40.x86_64+debug", true)]
    [InlineData("6.5.0~rc3", true)]
    [InlineData("6.1\nevil f 644 0 0 touch PWNED", false)]
    [InlineData("6.1 2", false)]
    [InlineData("..", false)]
    [InlineData("-6.1", false)]
    [InlineData("6.1/x", false)]
    [InlineData("6.1\\", false)]
    [InlineData("", false)]
    public void Only_the_characters_of_a_kernel_release_are_accepted(string text, bool isOne) =>
        Assert.Equal(isOne, KernelRelease.TryParse(text) is not null);

    [Theory]
    [InlineData("/dev/sda1", true)]
    [InlineData("/dev/mapper/vg-lv", true)]
    [InlineData("/dev/cciss/c0d0", true)]
    [InlineData("/dev/../etc/passwd", false)]
    [InlineData("/dev/a b", false)]
    [InlineData("-d", false)]
    public void Only_the_characters_of_a_device_node_are_accepted(string text, bool isOne) =>
        Assert.Equal(isOne, DeviceNode.TryParse(text) is not null);

    [Theory]
    [InlineData("COS_STATE", true)]
    [InlineData("sixteen-letters-", true)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("seventeen-letters", false)]
    public void Only_the_characters_of_a_label_are_accepted(string text, bool isOne) =>
        Assert.Equal(isOne, VolumeLabel.TryParse(text) is not null);

    [Fact]
    public void A_word_from_outside_is_never_an_option()
    {
        Assert.Equal(["copy", "-L", "-x", "./-x", "/-x", "name"],
            new ToolArguments().Options("copy").Option("-L", "-x").Path("-x").Path("/-x").Value("name", "a name").Words);
        Assert.Contains("starts with '-'",
            Assert.Throws<OperatorException>(() => new ToolArguments().Value("--upload-pack=id", "a URL")).Problem);
        Assert.Contains("is empty", Assert.Throws<OperatorException>(() => new ToolArguments().Value("", "a URL")).Problem);
        Assert.Contains("NUL", Assert.Throws<OperatorException>(() => new ToolArguments().Path("a\0b")).Problem);
        Assert.Contains("too long", Assert.Throws<OperatorException>(() => new ToolArguments().Path(new string('é', 70_000))).Problem);
    }

    [Fact]
    public void A_curl_config_has_one_line_for_each_option() =>
        Assert.Equal("silent\nurl = \"https://h/\\\"a\\\\b\"\n", new CurlConfig().Switch("silent").Set("url", "https://h/\"a\\b").Text);

    [Theory]
    [InlineData("https://h/\noutput = /etc/passwd")]
    [InlineData("https://h/\r")]
    [InlineData("https://h/\0")]
    public void A_curl_config_takes_no_control_character(string url) =>
        Assert.Contains("control character", Assert.Throws<OperatorException>(() => new CurlConfig().Set("url", url)).Problem);
}
