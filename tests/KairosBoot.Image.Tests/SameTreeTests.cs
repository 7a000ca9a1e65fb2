using System.IO.Pipes;

namespace KairosBoot.Image.Tests;

/// <summary>The same tree gives the same image, however it reaches kboot.</summary>
public class SameTreeTests : Scratch
{
    [RootTheory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void A_tree_a_link_to_it_and_archives_of_all_programs_give_one_image(ImageFormat format)
    {
        var root = SyntheticKernel.MakeSystem(PathOf("root"));
        HostTool.Run("bash", "-ec", """
            cd "$1" && echo x >etc/hosts && chown 4294967294:1001 etc/hosts && ln etc/hosts etc/linked && ln -s hosts etc/link
            setfattr -n user.b -v 1 etc/hosts && setfattr -n user.a -v 2 etc/hosts && setfattr -n user.c -v 3 etc/hosts
            setfattr -n trusted.z -v 1 etc && setfattr -n trusted.y -v 2 etc
            setfattr -n user.large -v 0x$(printf '%0600d' 0) sbin/init && setfattr -n user.a -v 1 sbin/init
            truncate -s 64K etc/holes && printf 'caf\351' >"etc/$(printf 'caf\351')"
            chown -h root:root . && chmod 755 .
            find . -exec touch -h -d @1700000000.25 {} +
            touch -d @5000000000.25 etc/holes && touch -d @-86401 etc/hosts && touch -h -d @3000000000 etc/link
            ln -s root ../link
            tar --format=posix --xattrs --xattrs-include='*' -S -cf ../gnu.tar .
            tar --format=posix --xattrs --xattrs-include='*' -S --sort=name -czf ../sorted.tar.gz .
            find . -print0 | sort -zr | tar --format=posix --xattrs --xattrs-include='*' -S --no-recursion --null -T - -cf ../reversed.tar
            bsdtar --format=pax --xattrs -cf ../bsd.tar .
            """, "bash", root);
        var first = Build(root, tar: null);
        Assert.Equal(first, Build(PathOf("link"), tar: null));
        if (format == ImageFormat.Ext4)
        {
            File.WriteAllBytes(PathOf("image"), first);
            // i_mtime and the field with the bits above 32
            Assert.Contains("mtime: 0x2a05f200:00000001", HostTool.DebugFs(PathOf("image"), "stat /etc/holes"));
            Assert.Contains("mtime: 0xfffeae7f:00000000", HostTool.DebugFs(PathOf("image"), "stat /etc/hosts"));
            Assert.Contains("mtime: 0xb2d05e00:00000001", HostTool.DebugFs(PathOf("image"), "stat /etc/link"));
            Assert.Matches(@"User:\s+(-2|4294967294)\s+Group:\s+1001", HostTool.DebugFs(PathOf("image"), "stat /etc/hosts"));
            File.Delete(PathOf("image"));
        }

        foreach (var archive in new[] { "gnu.tar", "sorted.tar.gz", "reversed.tar", "bsd.tar" })
            Assert.True(first.AsSpan().SequenceEqual(Build(from: null, PathOf(archive))), archive);

        byte[] Build(string? from, string? tar)
        {
            var request = new ImageRequest(from, tar, format, null, null, "virtio", Path.Combine(root, "kairos-boot"));
            ImageBuilder.Build(request, PathOf("image"));
            var bytes = File.ReadAllBytes(PathOf("image"));
            File.Delete(PathOf("image"));
            return bytes;
        }
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    public async Task An_archive_is_read_from_a_pipe(string compress)
    {
        File.WriteAllBytes(PathOf("plain"), TarFeatureTests.Whole([TarBytes.File("d/f", new string('x', 300_000))]));
        HostTool.Shell($"{compress} <'{PathOf("plain")}' >'{PathOf("packed")}'");
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var writer = Task.Run(() =>
        {
            using (pipe) pipe.Write(File.ReadAllBytes(PathOf("packed")));
        });
        var end = pipe.ClientSafePipeHandle.DangerousGetHandle();
        var archive = $"/proc/self/fd/{end}";
        TarExtraction.Extract(archive, PathOf("tree"));
        Assert.Equal(300_000, new FileInfo(PathOf("tree/d/f")).Length);
        Assert.DoesNotContain(Names(PathOf("")), name => name.EndsWith(".pipe"));
        await writer;
    }

    [Fact]
    public void Waiting_for_a_pipe_can_be_cancelled()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => TarExtraction.Extract(
            $"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}", PathOf("tree"), cancellation.Token));
    }
}
