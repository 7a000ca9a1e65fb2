namespace KairosBoot.Linux;

/// <summary>
/// Flags of a single mount. mount(2) ignores flags for a bind mount, which gets those of its source's mount; this sets them.
/// </summary>
public static class MountAttributes
{
    private const MountFlags Privileges = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
    private const MountFlags AccessTimes = MountFlags.NoAtime | MountFlags.RelAtime | MountFlags.StrictAtime;

    /// <summary>Sets these flags, and clears nosuid, nodev and noexec if they are not among them. All other flags stay.</summary>
    /// <param name="mount">Path of the root of a mount.</param>
    /// <param name="flags">Flags of the two groups above; without an access-time flag, the access times stay as they are.</param>
    public static void Set(string mount, MountFlags flags)
    {
        var (set, cleared) = Attributes(flags);
        // Linux before 5.12 has no mount_setattr, and a container's seccomp filter may refuse it.
        if (!Syscall.TrySetMountAttributes(mount, set, cleared)) Remount(mount, flags);
    }

    /// <inheritdoc cref="Set(string, MountFlags)"/>
    /// <param name="mount">The root of a mount, opened after it was mounted.</param>
    /// <param name="flags">As there.</param>
    public static void Set(FileHandle mount, MountFlags flags)
    {
        var (set, cleared) = Attributes(flags);
        if (!Syscall.TrySetMountAttributes(mount, set, cleared)) Remount(Syscall.DescriptorPath(mount), flags);
    }

    private static (uint Set, uint Cleared) Attributes(MountFlags flags)
    {
        // The first three have the same numbers as in mount(2). The access times are one field, in which relatime is 0: linux/mount.h.
        var set = (uint)(flags & Privileges);
        var cleared = (uint)Privileges;
        if ((flags & AccessTimes) != 0) cleared |= Syscall.MOUNT_ATTR__ATIME;
        if ((flags & MountFlags.NoAtime) != 0) set |= Syscall.MOUNT_ATTR_NOATIME;
        else if ((flags & MountFlags.StrictAtime) != 0) set |= Syscall.MOUNT_ATTR_STRICTATIME;
        return (set, cleared);
    }

    /// <summary>
    /// The same with mount(2), which clears flags that it does not get: read-only is kept, and so are access times if none is named.
    /// </summary>
    public static void Remount(string mount, MountFlags flags) => Syscall.Mount("none", mount, "",
        MountFlags.Remount | MountFlags.Bind | flags | (Syscall.IsReadOnly(mount) ? MountFlags.ReadOnly : MountFlags.None), "");
}
