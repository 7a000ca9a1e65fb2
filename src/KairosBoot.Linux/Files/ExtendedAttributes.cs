using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Extended attributes: SELinux labels, ACLs, file capabilities; xattr(7).</summary>
public static unsafe class ExtendedAttributes
{
    /// <summary>
    /// Copies all attributes of one open file to another. Attributes that the target's file system does not support are left out: the
    /// image's ext4 may have some that a tmpfs cannot store.
    /// </summary>
    public static void Copy(FileHandle from, FileHandle to) => Copy(AttributeFile.Opened(from), AttributeFile.Opened(to));

    /// <summary>
    /// As <see cref="Copy(FileHandle, FileHandle)"/>, for names in directories. For a link, the attributes of the link itself.
    /// </summary>
    public static void CopyAt(FileHandle fromDirectory, string from, FileHandle toDirectory, string to) =>
        Copy(AttributeFile.At(fromDirectory, from), AttributeFile.At(toDirectory, to));

    private static void Copy(AttributeFile from, AttributeFile to)
    {
        foreach (var name in from.List())
        {
            if (IsOverlays(name)) continue;
            var errno = to.TrySet(name, from.Get(name));
            if (errno is not (0 or Errno.EOPNOTSUPP)) throw to.Failed("setxattr " + name, errno);
        }
    }

    /// <summary>True: an open file has attributes.</summary>
    public static bool HasAny(FileHandle file) => AttributeFile.Opened(file).List().Count > 0;

    /// <summary>Removes the attributes from an open file that another one does not have.</summary>
    public static void RemoveOthers(FileHandle from, FileHandle to)
    {
        var wanted = AttributeFile.Opened(from).List();
        var changed = AttributeFile.Opened(to);
        foreach (var name in changed.List())
            if (!IsOverlays(name) && !wanted.Contains(name)) changed.Remove(name);
    }

    /// <summary>
    /// Adds names and values to a digest, in the order of the names. Skips attributes that the running system sets without a change by a
    /// user: the SELinux label, which a relabelling sets, and the data of the kernel's integrity subsystem.
    /// </summary>
    public static void AddTo(MessageDigest digest, FileHandle file) => AddTo(digest, AttributeFile.Opened(file));

    /// <summary>
    /// As <see cref="AddTo(MessageDigest, FileHandle)"/>, for a name in a directory. For a link, the attributes of the link itself.
    /// </summary>
    public static void AddTo(MessageDigest digest, FileHandle directory, string name) => AddTo(digest, AttributeFile.At(directory, name));

    /// <summary>As <see cref="AddTo(MessageDigest, FileHandle)"/>, for a path in a tree that only root changes.</summary>
    public static void AddTo(MessageDigest digest, string path) => AddTo(digest, AttributeFile.AtPath(path));

    /// <summary>True: the file at a path, or the link itself, has a POSIX ACL; acl(5).</summary>
    public static bool HasAcl(string path) =>
        AttributeFile.AtPath(path).List().Exists(name => name.StartsWith("system.posix_acl_", StringComparison.Ordinal));

    private static void AddTo(MessageDigest digest, AttributeFile file)
    {
        var names = file.List();
        names.Sort(string.CompareOrdinal);
        foreach (var name in names)
        {
            if (IsOverlays(name) || name is "security.selinux" or "security.ima" or "security.evm") continue;
            var value = file.Get(name);
            digest.Append(Encoding.UTF8.GetBytes($"{name}\0{value.Length.ToString()}\0"));
            digest.Append(value);
        }
    }

    /// <summary>Names and values, in the order of the file system. For a link, the attributes of the link itself.</summary>
    /// <param name="path">A path in a tree that only its owner changes.</param>
    public static List<(string Name, byte[] Value)> Read(string path)
    {
        var file = AttributeFile.AtPath(path);
        return file.List().ConvertAll(name => (name, file.Get(name)));
    }

    /// <summary>
    /// Sets an attribute of the file of a descriptor, which may be a link itself. Only root may set names outside <c>user.</c> Needs /proc.
    /// </summary>
    /// <param name="file">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">With its namespace: <c>security.capability</c>.</param>
    /// <param name="value">Any bytes, or none.</param>
    /// <exception cref="SyscallException">
    /// EOPNOTSUPP: the file system does not support it; EPERM: not allowed for this kind of file or user.
    /// </exception>
    public static void Set(FileHandle file, string name, ReadOnlySpan<byte> value)
    {
        // The name in /proc is a link to exactly that file, so it must be followed: once, and no further if the file itself is a link.
        fixed (byte* p = FileName.Encode(Syscall.DescriptorPath(file)), n = FileName.Encode(name), v = value)
            if (Native.setxattr(p, n, v, (nuint)value.Length, 0) < 0) throw Syscall.Failed("setxattr " + name, file.Path);
    }

    /// <summary>
    /// Removes attributes and sets them again, because many file systems list them in the order in which they were set.
    /// </summary>
    /// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">A name in it. For a link, the attributes of the link itself.</param>
    /// <param name="attributes">All attributes of the file, in the order to set.</param>
    public static void Rewrite(FileHandle directory, string name, IReadOnlyList<(string Name, byte[] Value)> attributes)
    {
        var file = AttributeFile.At(directory, name);
        foreach (var (attribute, _) in attributes) file.Remove(attribute);
        foreach (var (attribute, value) in attributes)
            if (file.TrySet(attribute, value) is not 0 and var errno) throw file.Failed("setxattr " + attribute, errno);
    }

    // Data of the overlay below, not attributes of the file.
    internal static bool IsOverlays(string name) => name.StartsWith("trusted.overlay.", StringComparison.Ordinal);
}
