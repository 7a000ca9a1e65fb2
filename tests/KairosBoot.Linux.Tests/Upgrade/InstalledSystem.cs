using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Image.Tests;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>
/// A machine as kairos-boot leaves it, in a mount namespace: its root is an image on COS_STATE, behind a read-only loop device, with that
/// partition mounted
/// read-only below <c>/run</c>. Its images have a kernel, an initrd and an init that nothing can run, and their name in <c>/name</c>.
/// </summary>
internal sealed class InstalledSystem
{
    private static readonly Lazy<byte[]> Built = new(Build);
    private readonly string scratch, disk;

    /// <param name="scratch">A directory of the test's own, on a tmpfs.</param>
    /// <param name="running">The slot that is booted.</param>
    /// <param name="mebibytes">Size of COS_STATE.</param>
    /// <param name="device">Replaces the file of COS_STATE by another device or file that a loop device can use.</param>
    internal InstalledSystem(string scratch, Slot running = Slot.Active, int mebibytes = 64, Func<string, string>? device = null)
    {
        this.scratch = scratch;
        var tree = Directory.CreateDirectory(scratch + "/state.tree").FullName;
        Directory.CreateDirectory(tree + "/cOS");
        Directory.CreateDirectory(tree + "/grub");
        File.Copy(Image("active"), tree + "/cOS/active.img");
        File.Copy(Image("passive"), tree + "/cOS/passive.img");
        File.WriteAllBytes(tree + "/bootstate",
            BootBlock.Write(new BootCounters { Active = new(2, true, ""), Passive = new(1, true, "") }));
        File.WriteAllText(tree + "/grub/grub.cfg", GrubMenu.Text(4, Architecture.Amd64));
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-L", "COS_STATE", "-d", tree, Partition,
            $"{mebibytes}M");
        Directory.Delete(tree, recursive: true);
        disk = device is null ? Partition : device(Partition);
        Boot(running);
    }

    /// <summary>Boots the image that a slot has now.</summary>
    internal void Boot(Slot running)
    {
        MountTable.UnmountBelow([Host]);
        Mount(disk, scratch + "/mounted");
        Mount(scratch + "/mounted" + running.Image(), Host);
        foreach (var (path, type) in new[] { ("/run", "tmpfs"), ("/etc", "tmpfs"), ("/usr/local", "tmpfs"),
            ("/oem", "tmpfs") })
        {
            Syscall.Mount(type, Host + path, type, MountFlags.None, "");
        }

        Directory.CreateDirectory(State);
        Syscall.Mount(scratch + "/mounted", State, "", MountFlags.Bind, "");
        Syscall.Umount(scratch + "/mounted", lazily: true); // the loop device of the root keeps it
        foreach (var mount in (string[])["/dev", "/proc", "/sys"])
        {
            Syscall.Mount(mount, Host + mount, "",
            MountFlags.Bind | MountFlags.Recursive, "");
        }

        Directory.CreateDirectory(Host + "/run/cos");
        File.WriteAllText($"{Host}/run/cos/{running.Name()}_mode", "1");
        File.WriteAllText(Host + "/etc/fstab",
            "# by kairos-boot\n/dev/loop0 / ext4 ro 0 0\nCOS_OEM /oem ext4 rw 0 0\noverlay /etc overlay rw 0 0\nx /etc/ssh none bind 0 " +
                "0\n");
    }

    internal string Host => scratch + "/host";
    internal string State => Host + SystemPaths.State;
    internal string Partition => scratch + "/partition";

    internal BootCounters Counters => BootStateFile.Read(State + SystemPaths.BootState).Counters;

    /// <summary>Names of the images in active and passive.</summary>
    internal (string Active, string Passive) Slots => (Name(State + Slot.Active.Image()), Name(State + Slot.Passive.Image()));

    internal bool IsReadOnly => MountTable.Read().Last(mount => mount.MountPoint == State).ReadOnly;

    /// <summary>Every file on COS_STATE with its size and what is in it.</summary>
    internal string Files => string.Join('\n', Directory.GetFiles(State, "*", SearchOption.AllDirectories).Order()
        .Select(path => $"{path[State.Length..]} {new FileInfo(path).Length} {Sum(path)}"));

    /// <summary>An image with that name, changed by debugfs and sealed.</summary>
    internal string Image(string name, params string[] commands) => Image(scratch, name, commands);

    internal static string Image(string scratch, string name, string[] commands)
    {
        var file = $"{scratch}/{name}.img";
        File.WriteAllBytes(file, Built.Value[..^ImageSeal.Length]);
        File.WriteAllText(scratch + "/name", name);
        File.WriteAllLines(scratch + "/commands", ["rm /name", $"write {scratch}/name name", .. commands]);
        MountNamespace.Tool("debugfs", "-w", "-f", scratch + "/commands", file);
        using var image = new FileStream(file, FileMode.Append);
        image.Write(new ImageSeal(Built.Value.Length - ImageSeal.Length, MountNamespace.Tool("sha256sum", file)[..64]).Write());
        return file;
    }

    /// <summary>Creates a tree that can become an image, in a new directory.</summary>
    internal static string Tree(string root, string name)
    {
        SyntheticKernel.MakeSystem(root);
        foreach (var directory in (string[])["dev", "proc", "sys", "run", "tmp", "oem", "home", "mnt", "opt", "root", "srv", "usr/local",
            "var", "usr/lib/kairosboot"])
        {
            Directory.CreateDirectory($"{root}/{directory}");
        }

        File.Move(root + "/kairos-boot", root + "/usr/lib/kairosboot/kairos-boot");
        File.WriteAllText(root + "/name", name);
        return root;
    }

    internal UpgradeResult Upgrade(UpgradeRequest request, ProgressReport? progress = null, CancellationToken cancellationToken = default)
    {
        using var machine = TargetSystem.Open(Host, null);
        return SystemUpgrade.Run(request, machine, progress ?? ((_, _, _) => { }), cancellationToken);
    }

    internal UpgradeResult Upgrade(string image) => Upgrade(Of(image));

    internal UpgradeResult Stage(UpgradeRequest request, ProgressReport? progress = null, CancellationToken cancellationToken = default)
    {
        using var machine = TargetSystem.Open(Host, null);
        return SystemUpgrade.Stage(request, machine, progress ?? ((_, _, _) => { }), cancellationToken);
    }

    internal UpgradeResult Stage(string image) => Stage(Of(image));

    internal UpgradeResult UpgradeToStaged()
    {
        using var machine = TargetSystem.Open(Host, null);
        return SystemUpgrade.RunStaged(isRecovery: false, machine, (_, _, _) => { });
    }

    /// <summary>Names of the files next to the images.</summary>
    internal string[] ImageFiles => [.. Directory.GetFiles(State + "/cOS").Select(path => Path.GetFileName(path)!).Order()];

    internal static UpgradeRequest Of(string? image = null, string? root = null, string? tar = null, string? oci = null) =>
        new(image, root, tar, oci, IsRecovery: false, KBoot: null);

    private static int Sum(string path)
    {
        var sum = new HashCode();
        sum.AddBytes(File.ReadAllBytes(path));
        return sum.ToHashCode();
    }

    private static string Name(string image) => MountNamespace.Tool("debugfs", "-R", "cat /name", image).Split('\n')[^1];

    private static void Mount(string file, string place)
    {
        Directory.CreateDirectory(place);
        using var loop = LoopDevice.Attach(file, readOnly: file.EndsWith(".img", StringComparison.Ordinal));
        Syscall.Mount(loop.Path, place, "ext4", MountFlags.ReadOnly, "");
    }

    private static byte[] Build()
    {
        var work = Directory.CreateTempSubdirectory("kairosboot-image-").FullName;
        try
        {
            var request = new ImageRequest(Tree(work + "/tree", "image"), null, ImageFormat.Ext4, null, null, "virtio",
                work + "/tree/usr/lib/kairosboot/kairos-boot");
            ImageBuilder.Build(request, work + "/image");
            return File.ReadAllBytes(work + "/image");
        }
        finally { Directory.Delete(work, recursive: true); }
    }
}
