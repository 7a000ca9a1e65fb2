using System.Text;
using KairosBoot.Plan;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>Extended attributes: SELinux labels, ACLs, file capabilities; xattr(7).</summary>
public static unsafe class ExtendedAttributes
{
    private const int LargestValue = 65536; // XATTR_SIZE_MAX

    /// <summary>
    /// Copies all attributes of one file to another, links themselves and not what they point to. An attribute that the target's file
    /// system does not know is left out: the image's own ext4 may carry what a tmpfs cannot.
    /// </summary>
    public static void Copy(string from, string to)
    {
        foreach (var name in List(from))
        {
            if (IsOverlays(name)) continue;
            if (!TrySet(to, name, Get(from, name)) && LibC.errno != Errno.EOPNOTSUPP) throw Failed(name, to);
        }
    }

    /// <summary>As <see cref="Copy(string, string)"/>, to a file or directory that is open for reading or writing.</summary>
    public static void Copy(string from, FileHandle to)
    {
        foreach (var name in List(from))
        {
            if (IsOverlays(name)) continue;
            var value = Get(from, name);
            fixed (byte* n = FileName.Encode(name), v = value)
                if (Native.fsetxattr(to.Descriptor, n, v, (nuint)value.Length, 0) < 0 && LibC.errno != Errno.EOPNOTSUPP)
                    throw new SyscallException("fsetxattr " + name, to.Path, LibC.errno);
        }
    }

    /// <summary>Takes those of a file away that another one does not have.</summary>
    public static void RemoveOthers(string from, string to)
    {
        var wanted = List(from);
        foreach (var name in List(to))
        {
            if (IsOverlays(name) || wanted.Contains(name)) continue;
            fixed (byte* p = FileName.Encode(to), n = FileName.Encode(name))
                if (Native.lremovexattr(p, n) < 0 && LibC.errno != Errno.ENODATA) throw new SyscallException("lremovexattr " + name, to, LibC.errno);
        }
    }

    /// <summary>
    /// Adds names and values to a digest, in the order of the names. Not those that the running system gives a file without anybody
    /// changing it: the SELinux label, which a relabelling sets, and what the kernel's integrity subsystem keeps there.
    /// </summary>
    public static void AddTo(Sha256 digest, string path)
    {
        var names = List(path);
        names.Sort(string.CompareOrdinal);
        foreach (var name in names)
        {
            if (IsOverlays(name) || name is "security.selinux" or "security.ima" or "security.evm") continue;
            var value = Get(path, name);
            digest.Append(Encoding.UTF8.GetBytes($"{name}\0{value.Length}\0"));
            digest.Append(value);
        }
    }

    /// <summary>Gives a file, or a link itself, an attribute in place of what it had under that name. Only root may set names outside of <c>user.</c></summary>
    /// <param name="path">The file.</param>
    /// <param name="name">With its namespace: <c>security.capability</c>.</param>
    /// <param name="value">Any bytes, none included.</param>
    /// <exception cref="SyscallException">EOPNOTSUPP: the file system keeps no such attributes; EPERM: not for this kind of file or user.</exception>
    public static void Set(string path, string name, ReadOnlySpan<byte> value)
    {
        if (!TrySet(path, name, value)) throw Failed(name, path);
    }

    // Bookkeeping of the overlay below, not the file's.
    private static bool IsOverlays(string name) => name.StartsWith("trusted.overlay.", StringComparison.Ordinal);

    private static bool TrySet(string path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = FileName.Encode(path), n = FileName.Encode(name), v = value)
            return Native.lsetxattr(p, n, v, (nuint)value.Length, 0) == 0;
    }

    private static SyscallException Failed(string name, string path) => new("lsetxattr " + name, path, LibC.errno);

    private static List<string> List(string path)
    {
        var names = new List<string>();
        var buffer = new byte[512];
        fixed (byte* p = FileName.Encode(path))
        {
            while (true)
            {
                nint length;
                fixed (byte* b = buffer) length = Native.llistxattr(p, b, (nuint)buffer.Length);
                if (length < 0 && LibC.errno == Errno.ERANGE)
                {
                    buffer = new byte[buffer.Length * 4]; // the kernel's limit is 64 KiB
                    continue;
                }
                if (length < 0) return LibC.errno == Errno.EOPNOTSUPP ? names : throw new SyscallException("llistxattr", path, LibC.errno);
                foreach (var name in FileName.Decode(buffer.AsSpan(0, (int)length)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
                    names.Add(name);
                return names;
            }
        }
    }

    private static byte[] Get(string path, string name)
    {
        // Most are a few dozen bytes.
        foreach (var size in (ReadOnlySpan<int>)[256, LargestValue])
        {
            var buffer = new byte[size];
            fixed (byte* p = FileName.Encode(path), n = FileName.Encode(name), b = buffer)
            {
                var length = Native.lgetxattr(p, n, b, (nuint)buffer.Length);
                if (length >= 0) return buffer[..(int)length];
                if (LibC.errno != Errno.ERANGE || size == LargestValue) break;
            }
        }
        throw new SyscallException("lgetxattr " + name, path, LibC.errno);
    }
}
