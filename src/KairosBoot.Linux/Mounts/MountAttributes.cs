namespace KairosBoot.Linux;

/// <summary>Flags of one mount of a file system: a bind has those of the mount that its source is on, whatever mount(2) is asked for.</summary>
public static class MountAttributes
{
    private const MountFlags Privileges = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
    private const MountFlags AccessTimes = MountFlags.NoAtime | MountFlags.RelAtime | MountFlags.StrictAtime;

    /// <summary>Sets these flags, and clears those of nosuid, nodev and noexec that are not among them. Everything else stays.</summary>
    /// <param name="mount">The root of a mount: its path, or <c>/proc/self/fd/N</c> of a descriptor that was opened after it was mounted.</param>
    /// <param name="flags">Of those above; without one of the times of access these stay too.</param>
    public static void Set(string mount, MountFlags flags)
    {
        // The first three have the numbers that mount(2) has; the times of access are one field, in which relatime is 0: linux/mount.h.
        var set = (uint)(flags & Privileges);
        var cleared = (uint)Privileges;
        if ((flags & AccessTimes) != 0) cleared |= Syscall.MOUNT_ATTR__ATIME;
        if ((flags & MountFlags.NoAtime) != 0) set |= Syscall.MOUNT_ATTR_NOATIME;
        else if ((flags & MountFlags.StrictAtime) != 0) set |= Syscall.MOUNT_ATTR_STRICTATIME;
        // Linux before 5.12 has no mount_setattr, and a container's filter may refuse it.
        if (!Syscall.TrySetMountAttributes(mount, set, cleared)) Remount(mount, flags);
    }

    /// <summary>The same with mount(2), which clears what it is not given: read-only stays, and so do times of access where none is named.</summary>
    public static void Remount(string mount, MountFlags flags) => Syscall.Mount("none", mount, "",
        MountFlags.Remount | MountFlags.Bind | flags | (Syscall.IsReadOnly(mount) ? MountFlags.ReadOnly : MountFlags.None), "");
}
