using KairosBoot.Image.Tests;
using KairosBoot.Linux.Tests.Stages;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>A disk of 768 MiB on a loop device, and a small image whose kernel has no code.</summary>
internal sealed class InstallMachine : IDisposable
{
    internal InstallMachine(string scratch, int blockSize, int imageMebibytes)
    {
        Scratch = scratch;
        Disk = new LoopDisk(scratch, 768, blockSize);
        Image = scratch + "/image";
        SyntheticKernel.MakeBootable(scratch + "/tree");
        File.WriteAllText(scratch + "/tree/usr/lib/kairosboot/no-assessment", ""); // nothing in it would mark it good
        var noise = new byte[(imageMebibytes << 20) / 2];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(scratch + "/tree/noise", noise);
        MountNamespace.Tool("mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum_seed", "-d", scratch + "/tree", Image,
            $"{imageMebibytes}M");
    }

    internal string Scratch { get; }

    internal LoopDisk Disk { get; }

    internal string Image { get; }

    internal (int Code, string Output, string Errors) Install(params string[] options) =>
        KBoot.Run(["install", "--device", Disk.Node, "--image", Image, .. options]);

    /// <summary>The message of a refusal. Asserts that the disk is unchanged.</summary>
    internal string Refused(params string[] options)
    {
        var before = Disk.Written;
        var (code, output, errors) = Install(options);
        Assert.True(code == 1, $"{code}: {output}{errors}");
        Assert.Equal(before, Disk.Written);
        Assert.Contains("to fix: ", errors);
        return errors;
    }

    /// <summary>Makes the kernel read the partition table, as it does by itself for a disk that is not a loop device.</summary>
    internal void Appear() => Disk.TellKernel();

    /// <summary>Every part of the disk as the programs of the distribution see it.</summary>
    internal void IsWhole(int partitions = 6)
    {
        Disk.Verify();
        Appear();
        MountNamespace.Tool("fsck.fat", "-n", Disk.Partition(2));
        for (var number = 3; number <= partitions; number++) MountNamespace.Tool("e2fsck", "-f", "-n", Disk.Partition(number));
        foreach (var (path, number) in new[] { ("/cOS/active.img", 5), ("/cOS/passive.img", 5), ("/cOS/recovery.img", 4) })
        {
            MountNamespace.Tool("debugfs", "-R", $"dump {path} {Scratch}/read", Disk.Partition(number));
            MountNamespace.Tool("cmp", Image, Scratch + "/read");
        }

        Assert.Equal(0x55AA, Sector(0)[510] << 8 | Sector(0)[511]);
        Assert.NotEqual(0, Sector(0)[0]);
    }

    internal byte[] Sector(long number)
    {
        using var node = Syscall.Open(Disk.Node, OpenFlags.ReadOnly);
        var bytes = new byte[512];
        Syscall.PRead(node, bytes, number * 512);
        return bytes;
    }

    internal void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        using var node = Syscall.Open(Disk.Node, OpenFlags.ReadWrite);
        Syscall.PWriteAll(node, bytes, offset);
        Syscall.FSync(node);
    }

    internal static void On(Action<InstallMachine> body, int blockSize = 512, int imageMebibytes = 8) => MountNamespace.Run(scratch =>
    {
        using var machine = new InstallMachine(scratch, blockSize, imageMebibytes);
        body(machine);
    });

    public void Dispose() => Disk.Dispose();
}
