using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Mounts a writable overlay over a directory; https://docs.kernel.org/filesystems/overlayfs.html</summary>
internal static class OverlayMount
{
    private const int DirectoryMode = Octal.O755;

    /// <summary>Null: the overlay is writable; a sentence: it is read-only.</summary>
    public static string? Do(MountOverlay overlay, KernelModules modules, out bool isReadOnly)
    {
        isReadOnly = false;
        using var target = StepPlace.MountPoint(overlay.Target);
        modules.LoadFileSystem("overlay");
        using var store = Store(overlay, out isReadOnly);
        var flags = MountOptions.Parse(overlay.Options).Flags;
        if (isReadOnly) return MountReadOnly(overlay, store, target, flags);
        Make(store!, "work");
        if (Make(store!, "upper"))
        {
            using var upper = Syscall.OpenDirectoryAt(store!, "upper");
            CopyAttributes(target, upper);
        }
        var layers = Layer(store!);
        Syscall.Mount("overlay", target, "overlay", flags, $"lowerdir={Layer(target)},upperdir={layers}/upper,workdir={layers}/work");
        return null;
    }

    /// <summary>
    /// Opens the store; deletes its content first unless it is kept. Null: it is missing, and its file system is read-only.
    /// </summary>
    private static FileHandle? Store(MountOverlay overlay, out bool isReadOnly)
    {
        isReadOnly = false;
        var existing = StepPlace.TryOpenDirectory(overlay.Store);
        if (existing is not null && ((isReadOnly = Syscall.IsReadOnly(existing)) || overlay.Keeps)) return existing;
        existing?.Dispose();
        try
        {
            if (overlay.Keeps) return StepPlace.MakeDirectories(overlay.Store);
            using var parent = StepPlace.MakeDirectories(PathParts.ParentOf(overlay.Store));
            var name = PathParts.NameOf(overlay.Store);
            if (!Syscall.TryMkDirAt(parent, name, DirectoryMode))
            {
                FileTree.Delete(parent, name);
                Syscall.MkDirAt(parent, name, DirectoryMode);
            }
            return Syscall.OpenDirectoryAt(parent, name);
        }
        catch (SyscallException e) when (e.Errno == Errno.EROFS)
        {
            isReadOnly = true;
            return null;
        }
    }

    /// <summary>The mount point shows mode, owner and attributes of the upper directory.</summary>
    private static void CopyAttributes(FileHandle target, FileHandle upper)
    {
        var status = Syscall.FStat(target);
        using var lower = Syscall.Reopen(target, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FChOwn(upper, status.Uid, status.Gid);
        Syscall.FChMod(upper, status.Mode);
        ExtendedAttributes.Copy(lower, upper);
    }

    /// <summary>True: the directory is new; false: it existed.</summary>
    private static bool Make(FileHandle store, string name)
    {
        if (Syscall.TryMkDirAt(store, name, DirectoryMode)) return true;
        if (Syscall.StatAt(store, name) is not { Type: not FileType.Directory } other) return false;
        throw new OperatorException($"{store.Path}/{name} is not a directory; it belongs to user {other.Uid.ToString()}", "remove it");
    }

    // The kernel refuses an upper layer on a read-only file system. As an additional lower layer, it still shows the kept content.
    private static string MountReadOnly(MountOverlay overlay, FileHandle? store, FileHandle target, MountFlags flags)
    {
        using var upper = store is null ? null
            : Syscall.TryOpenAt(store, "upper", OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
        if (upper is null)
        {
            throw new OperatorException($"{overlay.Store} cannot be created: its file system is read-only",
                "see the reason in the messages before");
        }

        Syscall.Mount("overlay", target, "overlay", MountFlags.ReadOnly | flags, $"lowerdir={Layer(upper)}:{Layer(target)}");
        return $"read-only, because {overlay.Store} is on a read-only file system";
    }

    /// <summary>
    /// A layer must be named by its path, which mountinfo shows later. This path was found by a walk that refuses links of users, and it
    /// contains no links; no other process is running yet.
    /// </summary>
    private static string Layer(FileHandle directory) => directory.Path.AsSpan().IndexOfAny(",:\\") < 0 ? directory.Path
        : throw new OperatorException($"{directory.Path} cannot be a layer of an overlay: it contains a comma, a colon or a backslash",
            "rename the directory that the link leads to");
}
