using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class TarTests : Scratch
{
    [Fact]
    public void Owners_modes_devices_links_and_attributes_reach_the_image()
    {
        SyntheticKernel.MakeSystem(PathOf("root"));
        HostTool.Shell($"cd '{PathOf("root")}' && tar -cf ../system.tar --format=pax .");
        using (var file = new FileStream(PathOf("system.tar"), FileMode.Open))
        {
            var kept = new MemoryStream();
            CopyEntries(file, kept, writer =>
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "dev/null")
                {
                    DeviceMajor = 1, DeviceMinor = 3,
                    Mode = (UnixFileMode)Octal.O666
                });
                var attributes = new Dictionary<string, string>
                {
                    ["SCHILY.xattr.user.colour"] = "blue",
                    ["SCHILY.xattr.security.capability"] = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                };
                var owned = new PaxTarEntry(TarEntryType.RegularFile, "usr/bin/owned", attributes)
                {
                    Uid = 70000, Gid = 1001, Mode = UnixFileMode.SetUser | (UnixFileMode)Octal.O755,
                    DataStream = new MemoryStream("hello"u8.ToArray()),
                };
                writer.WriteEntry(owned);
                writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "usr/bin/linked") { LinkName = "/usr/bin/owned" });
            });
            file.SetLength(0);
            kept.WriteTo(file);
        }

        var request = new ImageRequest(null, PathOf("system.tar"), ImageFormat.Ext4, null, null, "virtio", PathOf("root/kairos-boot"));
        ImageBuilder.Build(request, PathOf("image"));
        HostTool.Run("e2fsck", "-fn", PathOf("image"));
        var stat = HostTool.DebugFs(PathOf("image"), "stat /usr/bin/linked");
        Assert.Matches(@"Mode:\s+04755", stat);
        Assert.Matches(@"User:\s+70000\s+Group:\s+1001", stat);
        Assert.Contains("Links: 2", stat);
        Assert.Contains("blue", HostTool.DebugFs(PathOf("image"), "ea_get /usr/bin/owned user.colour"));
        Assert.Contains("01 00 00 02 00 20 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
            HostTool.DebugFs(PathOf("image"), "ea_get -x /usr/bin/owned security.capability"));
        Assert.Contains("Device major/minor number: 01:03", HostTool.DebugFs(PathOf("image"), "stat /dev/null"));
        Assert.Equal(["image", "root", "system.tar"], Names(PathOf(".")));
    }

    [Fact]
    public void The_same_export_gives_the_same_image()
    {
        SyntheticKernel.MakeSystem(PathOf("root"));
        HostTool.Shell($"cd '{PathOf("root")}' && tar -czf ../system.tar.gz .");
        var request = new ImageRequest(null, PathOf("system.tar.gz"), ImageFormat.Ext4, null, null, "virtio", PathOf("root/kairos-boot"));
        ImageBuilder.Build(request, PathOf("first"));
        Thread.Sleep(1100);
        ImageBuilder.Build(request, PathOf("second"));
        Assert.Equal(File.ReadAllBytes(PathOf("first")), File.ReadAllBytes(PathOf("second")));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/../outside")]
    public void A_member_with_dot_dot_is_refused(string name)
    {
        Assert.Contains("points outside", Refused(writer => writer.WriteEntry(FileEntry(name))).Problem);
        Assert.False(File.Exists(PathOf("outside")));
    }

    [Fact]
    public void An_absolute_name_stays_inside_the_tree()
    {
        Extract(writer => writer.WriteEntry(FileEntry("/etc/inside")));
        Assert.Equal("content", File.ReadAllText(PathOf("tree/etc/inside")));
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("..")]
    public void A_member_below_a_link_is_refused(string target) => Assert.Contains("through link", Refused(writer =>
    {
        writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = target });
        writer.WriteEntry(FileEntry("link/kairosboot-test-must-not-exist"));
    }).Problem);

    [Fact]
    public void A_link_is_replaced_by_a_file_and_not_followed()
    {
        var victim = WriteText("victim", "untouched");
        Extract(writer =>
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = victim });
            writer.WriteEntry(FileEntry("link"));
        });
        Assert.Equal("untouched", File.ReadAllText(victim));
        Assert.Equal("content", File.ReadAllText(PathOf("tree/link")));
    }

    [Theory]
    [InlineData("../victim")]
    [InlineData("not/there")]
    [InlineData("link/victim")]
    public void A_hard_link_to_a_file_outside_the_archive_is_refused(string target)
    {
        WriteText("victim", "untouched");
        Refused(writer =>
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = PathOf("") });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = target });
        });
    }

    [Fact]
    public void A_later_member_replaces_an_earlier_one_of_the_same_name()
    {
        Extract(writer =>
        {
            writer.WriteEntry(FileEntry("file", "old and longer"));
            writer.WriteEntry(FileEntry("./file", "new"));
        });
        Assert.Equal("new", File.ReadAllText(PathOf("tree/file")));
    }

    [Fact]
    public void A_file_that_is_not_a_tar_file_is_refused()
    {
        Assert.Contains("does not exist",
            Assert.Throws<OperatorException>(() => TarExtraction.Extract(PathOf("none"), PathOf("tree"))).Problem);
        Assert.Contains("is not a regular file",
            Assert.Throws<OperatorException>(() => TarExtraction.Extract("/dev/null", PathOf("second"))).Problem);
        WriteText("junk", new string('x', 2000));
        Assert.Contains("is damaged or not a tar file",
            Assert.Throws<OperatorException>(() => TarExtraction.Extract(PathOf("junk"), PathOf("third"))).Problem);
    }

    [Fact]
    public void A_truncated_archive_is_refused()
    {
        using (var file = File.Create(PathOf("whole")))
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        using (var writer = new TarWriter(gzip))
        {
            writer.WriteEntry(FileEntry("file", Guid.NewGuid() + new string('x', 100_000)));
        }

        File.WriteAllBytes(PathOf("cut"), File.ReadAllBytes(PathOf("whole"))[..200]);
        Assert.Contains("damaged", Assert.Throws<OperatorException>(() => TarExtraction.Extract(PathOf("cut"), PathOf("tree"))).Problem);
    }

    private static PaxTarEntry FileEntry(string name, string content = "content") =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    private void Extract(Action<TarWriter> write)
    {
        using (var writer = new TarWriter(File.Create(PathOf("test.tar"))))
        {
            write(writer);
        }

        TarExtraction.Extract(PathOf("test.tar"), PathOf("tree"));
    }

    private OperatorException Refused(Action<TarWriter> write) => Assert.Throws<OperatorException>(() => Extract(write));

    private static void CopyEntries(Stream from, Stream to, Action<TarWriter> more)
    {
        using var reader = new TarReader(from, leaveOpen: true);
        using var writer = new TarWriter(to, leaveOpen: true);
        while (reader.GetNextEntry(copyData: true) is { } entry)
            writer.WriteEntry(entry);
        more(writer);
    }
}
