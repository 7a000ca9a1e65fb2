using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Disks with one small image.</summary>
public abstract class DiskBuilding : Scratch
{
    private protected string Image { get; }

    protected DiskBuilding()
    {
        var root = SyntheticKernel.MakeSystem(PathOf("root"));
        Image = PathOf("image");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Ext4, null, null, "virtio", Path.Combine(root, "kairos-boot")), Image);
    }

    private protected DiskRequest Request() => new(Image, Recovery: null, CloudConfigs: [], SizeBytes: null, KernelArguments: "");

    private protected DiskLayout Build(DiskRequest request) => DiskBuilder.Build(request, PathOf("disk"));

    private protected OperatorException Refused(DiskRequest request)
    {
        Directory.CreateDirectory(PathOf("out"));
        var failure = Assert.Throws<OperatorException>(() => DiskBuilder.Build(request, PathOf("out/disk")));
        Assert.Empty(Names(PathOf("out")));
        return failure;
    }
}
