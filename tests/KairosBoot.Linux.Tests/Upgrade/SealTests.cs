using KairosBoot.Linux.Tests.Install;
using KairosBoot.Linux.Tests.Stages;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Images that are not what their seal says: one bit of a file in them is another one, which no superblock and no size tells.</summary>
public sealed class SealTests
{
    // In the middle of a file's content.
    private static void Damage(string image)
    {
        using var file = File.Open(image, FileMode.Open);
        var content = new byte[file.Length - ImageSeal.Length];
        file.ReadExactly(content);
        var at = content.AsSpan().IndexOf("ELF virtio_blk.ko"u8);
        Assert.True(at > 0);
        file.Position = at + 4;
        file.WriteByte((byte)(content[at + 4] ^ 1));
    }

    [Fact]
    public void An_upgrade_refuses_a_bad_seal_and_accepts_an_image_without_one() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        Damage(image);
        var before = system.Files;
        var failure = Assert.Throws<OperatorException>(() => system.Upgrade(image));
        Assert.Equal($"{image} does not match its seal: it is damaged, or was changed after it was built", failure.Problem);
        Assert.Equal(before, system.Files);
        using (var file = File.OpenWrite(image)) file.SetLength(file.Length - ImageSeal.Length);
        system.Upgrade(image);
        Assert.Equal(("new", "active"), system.Slots);
    });

    [Fact]
    public void An_installation_and_a_disk_build_refuse_a_bad_seal() => InstallMachine.On(machine =>
    {
        var image = InstalledSystem.Image(machine.Scratch, "sealed", []);
        string[] install = ["install", "--device", machine.Disk.Node, "--image", image], build = ["disk", "build", "--image", image, "--output", machine.Scratch + "/disk.raw"];
        Damage(image);
        var before = machine.Disk.Written;
        foreach (var command in new[] { install, build })
        {
            var (code, _, errors) = KBoot.Run(command);
            Assert.True(code == 1 && errors.Contains($"{image} does not match its seal"), $"{code} {errors}");
        }
        Assert.Equal(before, machine.Disk.Written);
        Assert.False(File.Exists(machine.Scratch + "/disk.raw"));
        using (var file = File.OpenWrite(image)) file.SetLength(file.Length - ImageSeal.Length);
        Assert.Equal(0, KBoot.Run(build).Code);
    });
}
