using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>What formats store of each file: its own time in an erofs, and no ACL in a squashfs.</summary>
public class ImageTimeTests : Scratch
{
    [Fact]
    public void Each_file_in_an_erofs_keeps_its_time()
    {
        SyntheticKernel.MakeSystem(PathOf("tree"));
        var old = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        WriteText("tree/etc/old", "old");
        File.SetLastWriteTimeUtc(PathOf("tree/etc/old"), old);
        ImageBuilder.Build(new ImageRequest(PathOf("tree"), null, ImageFormat.Erofs, null, null, "virtio", PathOf("tree/kairos-boot")),
            PathOf("image"));
        Assert.Matches("Timestamp: 2001-02-03 04:05:06", HostTool.Shell($"TZ=UTC dump.erofs --path=/etc/old {PathOf("image")}"));
    }

    [Fact]
    public void A_tree_with_acls_becomes_no_squashfs()
    {
        SyntheticKernel.MakeSystem(PathOf("tree"));
        WriteText("tree/etc/shared", "shared");
        HostTool.Run("setfacl", "-m", "u:1234:rw", PathOf("tree/etc/shared"));
        ImageRequest Request(ImageFormat format) =>
            new(PathOf("tree"), null, format, null, null, "virtio", PathOf("tree/kairos-boot"));
        var refusal = Assert.Throws<OperatorException>(() => ImageBuilder.Build(Request(ImageFormat.Squashfs), PathOf("image")));
        Assert.Equal("/etc/shared has a POSIX ACL, which a squashfs cannot store", refusal.Problem);
        Assert.False(File.Exists(PathOf("image")));
        ImageBuilder.Build(Request(ImageFormat.Ext4), PathOf("image"));
    }
}
