using System.Collections.Concurrent;

namespace KairosBoot.Boot.Tests;

/// <summary>Systems to upgrade to: busybox images made by <c>kboot image build</c>, about 30 MiB, with their name in
/// <c>/name</c>.</summary>
internal static class UpgradeImages
{
    /// <summary>The first system of a machine. Its name is busybox. It has the tools to make file systems, because a reset needs
    /// them.</summary>
    public static readonly GrubDisk.Kind First = new() { FileSystemTools = true, KernelArguments = "panic=1" };

    /// <summary>An init that resets the machine, for a system that never reports good.</summary>
    public const string NeverGood = "echo b > /proc/sysrq-trigger\nsleep 60\nkboot assess good\n";

    private static readonly ConcurrentDictionary<(string, string, string?, bool, bool, bool), Lazy<byte[]>> Built = new();

    /// <param name="name">Content of <c>/name</c>.</param>
    /// <param name="format"><c>ext4</c> or <c>squashfs</c>.</param>
    /// <param name="init">A script that replaces its init.</param>
    /// <param name="assessed">False: it has nothing that reports good, and is built so that kairos-boot does.</param>
    /// <param name="zstd">Its initrd is compressed with zstd, for a kboot of an earlier commit.</param>
    /// <param name="arm64">It is for arm64, with GRUB in it, so that a disk can be made of it.</param>
    public static byte[] Get(string name, string format = "ext4", string? init = null, bool assessed = true, bool zstd = false,
        bool arm64 = false) => Built.GetOrAdd((name, format, init, assessed, zstd, arm64),
            _ => new(() => Build(name, format, init, assessed, zstd, arm64))).Value;

    /// <summary>The kernel's driver for squashfs. The test loads it with insmod, because the image has no module index for
    /// modprobe.</summary>
    public static byte[] SquashfsModule =>
        File.ReadAllBytes(Directory.GetFiles(Path.Combine(Assets.KernelRoot, "lib/modules"), "squashfs.ko", SearchOption.AllDirectories)
        .Single());

    /// <summary>
    /// A disk with files for a machine to mount:
    /// <code>| IMAGES: the files |</code>
    /// </summary>
    public static SmallDisk Disk(params (string Name, byte[] Content)[] files) =>
        new(new Partition("IMAGES", 16 + files.Sum(file => (file.Content.Length >> 20) + 2),
            [.. files.Select(file => ("/" + file.Name, file.Content))]));

    private static byte[] Build(string name, string format, string? init, bool assessed, bool zstd, bool arm64)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-upgrade-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), image = Path.Combine(work.FullName, "image");
            BusyboxRoot.MakeTree(tree, name, arm64);
            GrubDisk.MakeBootable(tree, First with { FileSystemTools = false, Init = init, Zstd = zstd, Arm64 = arm64 });
            if (!assessed) File.Delete(Path.Combine(tree, "etc/report-good"));
            string[] options = [.. assessed ? (string[])[] : ["--no-assessment"], .. arm64 ? (string[])["--grub", Assets.Arm64Grub] : []];
            Tool.Run(Assets.KBoot, ["image", "build", "--root", tree, "--format", format, "--output", image, .. options]);
            return File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
