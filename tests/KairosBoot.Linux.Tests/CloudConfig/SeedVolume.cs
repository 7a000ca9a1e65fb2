using KairosBoot.Plan;
using Mono.Unix.Native;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>An ext4 volume on a loop device that a scratch root sees as a disk: its node in /dev, its size in /sys.</summary>
internal sealed class SeedVolume : IDisposable
{
    private readonly DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-seed-");
    private readonly FileHandle loop;
    private readonly string node;

    /// <param name="root">The scratch root.</param>
    /// <param name="name">Kernel name of the device: vdb, sr0.</param>
    /// <param name="label">Label of the file system.</param>
    /// <param name="fill">Puts files into the directory that becomes the volume.</param>
    /// <param name="debugFs">Commands for debugfs(8), afterwards.</param>
    public SeedVolume(ScratchRoot root, string name, string label, Action<string> fill, string? debugFs = null)
    {
        var tree = work.CreateSubdirectory("tree").FullName;
        fill(tree);
        Image = Path.Combine(work.FullName, "image");
        MountNamespace.Tool("mke2fs", "-q", "-t", "ext4", "-L", label, "-d", tree, Image, "16M");
        if (debugFs is not null) MountNamespace.Tool("debugfs", "-w", "-R", debugFs, Image);
        loop = LoopDevice.Attach(Image, readOnly: false);
        node = root.At($"/dev/{name}");
        root.Put($"/sys/class/block/{name}/size", $"{new FileInfo(Image).Length / 512}\n", "0444");
        AtPath.MkNod(node, FileType.BlockDevice, Octal.O600, Linux.Syscall.TryStat(loop.Path)!.Value.RDevice);
    }

    public string Image { get; }

    public static Action<string> With(string path, string content) => tree =>
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(tree, path))!);
        File.WriteAllText(Path.Combine(tree, path), content);
    };

    public static void MakeFifo(string path) => Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(path, FilePermissions.S_IRUSR));

    /// <summary>Fails if the device is mounted: an exclusive open must succeed.</summary>
    public void MustBeFree() => Linux.Syscall.Open(loop.Path, OpenFlags.ReadOnly | OpenFlags.Exclusive).Dispose();

    /// <summary>Removes the device from the machine.</summary>
    public void Dispose()
    {
        File.Delete(node);
        if (loop.IsClosed) return;
        loop.Dispose();
        work.Delete(recursive: true);
    }
}
