using KairosBoot.Image.Tests;
using KairosBoot.Linux.Tests.Stages;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>Trees that something is mounted in: a chroot with /proc, a system that runs.</summary>
public sealed class OneFileSystemTests
{
    [Theory]
    [InlineData("ext4")]
    [InlineData("squashfs")]
    [InlineData("erofs")]
    public void File_systems_mounted_in_a_tree_are_not_in_its_image(string format) => MountNamespace.Run(scratch =>
    {
        string tree = scratch + "/tree", image = scratch + "/image", mounted = scratch + "/mounted";
        SyntheticKernel.MakeBootable(tree);
        Directory.CreateDirectory(tree + "/srv/data");
        Directory.CreateDirectory(mounted);
        File.WriteAllText(tree + "/srv/data/below", "below");
        Syscall.Mount("tmpfs", tree + "/srv/data", "tmpfs", MountFlags.None, "");
        File.WriteAllText(tree + "/srv/data/above", "of another file system");
        var (code, _, errors) = KBoot.Run("image", "build", "--root", tree, "--format", format, "--output", image);
        Assert.True(code == 0, errors);
        using (var device = LoopDevice.Attach(image, readOnly: true)) Syscall.Mount(device.Path, mounted, format, MountFlags.ReadOnly, "");
        Assert.Equal(["below"], Syscall.ReadDirectory(mounted + "/srv/data"));
        Assert.Equal("of another file system", File.ReadAllText(tree + "/srv/data/above"));
        Assert.Equal(["image", "mounted", "tree"], Syscall.ReadDirectory(scratch));
    });
}
