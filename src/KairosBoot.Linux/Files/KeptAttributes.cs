using System.Buffers.Binary;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// The extended attributes that a new file gets from the file that it replaces: SELinux label, ACL, <c>user.*</c> and others. Capabilities
/// are kept only if the content is the same. The data of the kernel's integrity subsystem belongs to one content and is never kept.
/// </summary>
/// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
/// <param name="name">Name of the old file.</param>
/// <param name="made">The new file, with its content, owner and mode.</param>
/// <param name="user">The user other than root who can replace the file; 0: unknown or none.</param>
internal sealed class KeptAttributes(FileHandle directory, string name, FileHandle made, int user)
{
    private const string Acl = "system.posix_acl_access", Label = "security.selinux", Capability = "security.capability";

    /// <inheritdoc cref="FileReplacement.IsNew"/>
    internal bool IsNew { get; init; }

    /// <summary>What is known about the directory; null: nothing.</summary>
    internal KnownDirectory? Known { get; init; }

    internal void Apply()
    {
        if (IsNew || Syscall.TryStatAt(directory, name) is not { Type: FileType.Regular } found)
        {
            TakeLabel();
            return;
        }
        using var old = Open(found);
        if (old is null) return;
        var from = AttributeFile.Opened(old);
        var to = AttributeFile.Opened(made);
        var names = from.List();
        var status = Syscall.FStat(made);
        if (!IsTrusted(found, status))
        {
            if (names.Contains(Label)) Set(to, Label, from.Get(Label));
            return;
        }
        // The kernel has given the new file the default ACL of the directory.
        if (!names.Contains(Acl) && to.List().Contains(Acl))
        {
            to.Remove(Acl);
            Syscall.FChMod(made, status.Mode);
        }
        foreach (var attribute in names)
        {
            if (attribute is "security.ima" or "security.evm" || ExtendedAttributes.IsOverlays(attribute)) continue;
            if (attribute == Capability && !HasSameContent(old, found, status)) continue;
            var value = from.Get(attribute);
            if (attribute == Acl) LimitTo(status.Mode, value);
            Set(to, attribute, value);
        }
    }

    /// <summary>
    /// Without a loaded policy the kernel sets no label. With one, a new file without a rule of the policy gets that of its directory.
    /// </summary>
    private void TakeLabel()
    {
        if (Known is { HasNoLabel: true }) return;
        var label = AttributeFile.At(directory, ".").TryGet(Label);
        if (label is null && Known is not null) Known.HasNoLabel = true;
        var to = AttributeFile.Opened(made);
        if (label is not null && to.TryGet(Label) is null) Set(to, Label, label);
    }

    /// <summary>
    /// The old file's owner, or who could put the file there, must not choose who else may read the new content.
    /// </summary>
    private bool IsTrusted(FileStatus old, FileStatus status)
    {
        var isShared = user != 0 || (Syscall.FStat(directory).Mode & Octal.O022) != 0;
        return isShared ? old.Links == 1 && old.Uid == status.Uid : old.Uid == status.Uid || old.Uid == 0;
    }

    /// <summary>Null: it was replaced meanwhile, or this user may not read it.</summary>
    private FileHandle? Open(FileStatus expected)
    {
        FileHandle? file = null;
        try
        {
            // Non-blocking: a user may have replaced the file by a pipe.
            file = Syscall.TryOpenAt(directory, name,
                OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
            if (file is not null && Syscall.FStat(file) is { Type: FileType.Regular } now
                && (now.Inode, now.Device) == (expected.Inode, expected.Device))
            {
                return file;
            }
        }
        catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.ELOOP or Errno.ENXIO) { }
        file?.Dispose();
        return null;
    }

    private bool HasSameContent(FileHandle old, FileStatus before, FileStatus now)
    {
        const int Block = 65536;
        if (before.Size != now.Size) return false;
        using var opened = Syscall.Reopen(made, OpenFlags.ReadOnly);
        byte[] left = new byte[Block], right = new byte[Block];
        for (long at = 0; at < now.Size;)
        {
            var length = Syscall.PRead(old, left, at);
            if (length == 0 || Syscall.PRead(opened, right, at) != length || !left.AsSpan(0, length).SequenceEqual(right.AsSpan(0, length)))
                return false;
            at += length;
        }
        return true;
    }

    /// <summary>The file system may not support it, and a loaded policy or a user's own rights may not allow it.</summary>
    private static void Set(AttributeFile file, string name, ReadOnlySpan<byte> value)
    {
        var errno = file.TrySet(name, value);
        if (errno is not (0 or Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES or Errno.EINVAL))
            throw file.Failed("setxattr " + name, errno);
    }

    /// <summary>
    /// Setting an ACL also sets the mode. The entries that are the mode are changed first, so the new mode always holds.
    /// linux/posix_acl_xattr.h: a header of 4 bytes, then entries of tag, permissions (2 bytes each) and id (4 bytes).
    /// </summary>
    private static void LimitTo(int mode, Span<byte> acl)
    {
        const int Header = 4, Entry = 8, Owner = 1, Group = 4, Mask = 16, Others = 32, Bits = 7;
        var hasMask = false;
        for (var at = Header; at + Entry <= acl.Length; at += Entry) hasMask |= acl[at] == Mask;
        for (var at = Header; at + Entry <= acl.Length; at += Entry)
        {
            int? bits = acl[at] switch
            {
                Owner => mode >> 6,
                Mask => mode >> 3,
                Group when !hasMask => mode >> 3,
                Others => mode,
                _ => null,
            };
            if (bits is { } wanted) BinaryPrimitives.WriteUInt16LittleEndian(acl[(at + 2)..], (ushort)(wanted & Bits));
        }
    }
}
