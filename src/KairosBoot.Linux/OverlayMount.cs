using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Mounts a writable layer over a directory; https://docs.kernel.org/filesystems/overlayfs.html</summary>
internal static class OverlayMount
{
    private const int DirectoryMode = 0b111_101_101;

    /// <summary>Null where the layer is writable; a sentence where what it holds can only be read.</summary>
    public static string? Do(MountOverlay overlay, KernelModules modules)
    {
        StepExecutor.MountPoint(overlay.Target);
        modules.LoadFileSystem("overlay");
        if (IsReadOnly(overlay.Store)) return MountReadOnly(overlay);
        if (!overlay.Keeps && Syscall.TryLStat(overlay.Store) is not null) FileTree.Delete(overlay.Store);
        Syscall.MakeDirectories(overlay.Store);
        MakeIfMissing(overlay.Work);
        if (MakeIfMissing(overlay.Upper)) TakeAfter(overlay.Target, overlay.Upper);
        Syscall.Mount("overlay", overlay.Target, "overlay", MountOptions.Parse(overlay.Options).Flags, overlay.Data);
        return null;
    }

    /// <summary>The upper directory's own mode, owner and attributes are what the mount point shows.</summary>
    private static void TakeAfter(string lower, string upper)
    {
        var status = Syscall.TryStat(lower) ?? throw new SyscallException("stat", lower, Errno.ENOENT);
        Syscall.ChOwn(upper, status.Uid, status.Gid);
        Syscall.ChMod(upper, status.Mode);
        ExtendedAttributes.Copy(lower, upper);
    }

    private static bool MakeIfMissing(string path)
    {
        if (Syscall.TryStat(path) is not null) return false;
        Syscall.MkDir(path, DirectoryMode);
        return true;
    }

    // The kernel refuses an upper layer on a read-only file system. As a second lower one it shows what was kept.
    private static string MountReadOnly(MountOverlay overlay)
    {
        if (Syscall.TryStat(overlay.Upper) is null)
            throw new OperatorException($"{overlay.Store} cannot be made: its file system is read-only", "see why it is, above");
        Syscall.Mount("overlay", overlay.Target, "overlay", MountFlags.ReadOnly | MountOptions.Parse(overlay.Options).Flags,
            $"lowerdir={overlay.Upper}:{overlay.Target}");
        return $"read-only, because {overlay.Store} is";
    }

    private static bool IsReadOnly(string store)
    {
        var there = store;
        while (Syscall.TryStat(there) is null) there = there[..Math.Max(there.LastIndexOf('/'), 1)];
        return Syscall.IsReadOnly(there);
    }
}
