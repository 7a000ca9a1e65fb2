using System.Formats.Tar;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Container exports that want more of the build host than to be unpacked.</summary>
public class HostileArchiveTests : Scratch
{
    private readonly string root, secret;

    public HostileArchiveTests()
    {
        root = SyntheticKernel.MakeSystem(PathOf("root"));
        secret = WriteText("host/secret", "host's own");
        HostTool.Run("chmod", "600", secret);
    }

    [Theory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    public void An_attribute_name_with_a_command_starts_no_shell(ImageFormat format)
    {
        var canary = PathOf("canary");
        var refused = Refused(format, writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file",
            new Dictionary<string, string> { ["SCHILY.xattr.user." + new string(' ', 8300) + $"!touch {canary}; #"] = "x" })));
        Assert.Contains("not the name of an extended attribute", refused.Problem);
        Assert.False(File.Exists(canary));
    }

    [Theory]
    [InlineData("file", "link", "file")]
    [InlineData("d/file", "link", "d/file")]
    [InlineData("file", "d/link", "file")]
    public void A_hard_link_to_a_link_sets_no_mode_or_owner_on_the_host(string file, string link, string hardLink)
    {
        var before = HostTool.Run("stat", "-c", "%a %u %g %Y", secret);
        var tree = Extract(writer =>
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file) { Mode = (UnixFileMode)Octal.O4777, Uid = 1234, Gid = 1234 });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = secret });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, hardLink) { LinkName = link });
        });
        Assert.Equal(before, HostTool.Run("stat", "-c", "%a %u %g %Y", secret));
        Assert.Equal(secret, new FileInfo(Path.Combine(tree, hardLink)).LinkTarget);
    }

    [Fact]
    public void No_order_of_members_changes_a_file_of_the_host()
    {
        // All orders of three of these members, which have the same names.
        string[] names = ["a", "b", "a/b"];
        var kinds = new Action<TarWriter, string>[]
        {
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)Octal.O6777,
                DataStream = new MemoryStream("x"u8.ToArray()) }),
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, name) { Mode = (UnixFileMode)Octal.O777, Uid = 7 }),
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = PathOf("host") }),
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = secret }),
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = name == "a" ? "b" : "a" }),
            (writer, name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, name) { Mode = (UnixFileMode)Octal.O777 }),
        };
        var before = HostState();
        var extracted = 0;
        for (var number = 0; number < 18 * 18 * 18; number++)
        {
            var members = new[] { number % 18, number / 18 % 18, number / 324 };
            var archive = PathOf("test.tar");
            using (var writer = new TarWriter(File.Create(archive)))
            {
                foreach (var member in members) kinds[member / 3](writer, names[member % 3]);
            }

            try
            {
                TarExtraction.Extract(archive, PathOf("tree"));
                extracted++;
            }
            catch (OperatorException)
            {
                // An archive that contradicts itself is refused.
            }

            Directory.Delete(PathOf("tree"), recursive: true);
        }

        Assert.Equal(before, HostState());
        Assert.True(extracted > 1000);
    }

    [RootTheory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void Names_with_any_byte_and_length_run_no_command(ImageFormat format)
    {
        HostTool.Run("python3", "-c", """
            import os, sys
            root = os.fsencode(sys.argv[1]) + b'/names'
            os.mkdir(root)
            for b in range(1, 256):
                if b != 47: open(root + b'/n' + bytes([b]) + b'!touch canary' + str(b).encode(), 'w').close()
            for length in range(1, 256): open(root + b'/' + b'"' * length, 'w').close()
            os.chdir(root)
            for depth in range(14):
                os.mkdir(b'!' * 250)
                os.chdir(b'!' * 250)
            """, root);
        HostTool.Shell($"cd '{root}' && find . -exec touch -h -d @1000000000 {{}} + && tar --format=posix -cf ../system.tar .");
        ImageBuilder.Build(new ImageRequest(root, null, format, null, null, "virtio", Path.Combine(root, "kairos-boot")), PathOf("image"));
        ImageBuilder.Build(new ImageRequest(null, PathOf("system.tar"), format, null, null, "virtio", Path.Combine(root, "kairos-boot")),
            PathOf("image.tar"));
        Assert.DoesNotContain(Directory.GetFiles(Environment.CurrentDirectory), name => name.Contains("canary"));
    }

    [Fact]
    public void An_archive_that_is_a_fifo_without_a_writer_is_refused()
    {
        HostTool.Run("mkfifo", PathOf("test.tar"));
        Assert.Contains("is not a regular file",
            Assert.Throws<OperatorException>(() => TarExtraction.Extract(PathOf("test.tar"), PathOf("tree"))).Problem);
    }

    private string HostState() => HostTool.Shell($"cd '{PathOf("host")}' && find . -printf '%p %m %U %G %T@ %s %n\\n'; cat secret");

    private void WriteArchive(Action<TarWriter> write)
    {
        HostTool.Shell($"tar -C '{root}' --format=posix -cf '{PathOf("test.tar")}' .");
        // After the members of the system, instead of the archive's end.
        using var added = new MemoryStream();
        using (var writer = new TarWriter(added, leaveOpen: true)) write(writer);
        File.WriteAllBytes(PathOf("more.tar"), added.ToArray());
        HostTool.Run("tar", "--concatenate", $"--file={PathOf("test.tar")}", PathOf("more.tar"));
    }

    private string Extract(Action<TarWriter> write)
    {
        WriteArchive(write);
        return TarExtraction.Extract(PathOf("test.tar"), PathOf("tree")).Path;
    }

    private OperatorException Refused(ImageFormat format, Action<TarWriter> write)
    {
        WriteArchive(write);
        return Assert.Throws<OperatorException>(() => ImageBuilder.Build(
            new ImageRequest(null, PathOf("test.tar"), format, null, null, "virtio", Path.Combine(root, "kairos-boot")), PathOf("image")));
    }
}
