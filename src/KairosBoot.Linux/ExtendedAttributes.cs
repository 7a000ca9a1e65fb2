using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>Extended attributes: SELinux labels, ACLs, file capabilities; xattr(7).</summary>
public static unsafe class ExtendedAttributes
{
    /// <summary>
    /// Copies all attributes of one file to another, links themselves and not what they point to. An attribute that the target's file
    /// system does not know is left out: the image's own ext4 may carry what a tmpfs cannot.
    /// </summary>
    public static void Copy(string from, string to)
    {
        foreach (var name in List(from))
        {
            if (name.StartsWith("trusted.overlay.", StringComparison.Ordinal)) continue; // bookkeeping of the overlay below, not the file's
            if (!TrySet(to, name, Get(from, name)) && LibC.errno != Errno.EOPNOTSUPP) throw Failed(name, to);
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

    private static bool TrySet(string path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'), n = Encoding.UTF8.GetBytes(name + '\0'), v = value)
            return Native.lsetxattr(p, n, v, (nuint)value.Length, 0) == 0;
    }

    private static SyscallException Failed(string name, string path) => new("lsetxattr " + name, path, LibC.errno);

    private static List<string> List(string path)
    {
        var names = new List<string>();
        var buffer = new byte[4096];
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
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
                foreach (var name in Encoding.UTF8.GetString(buffer, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries))
                    names.Add(name);
                return names;
            }
        }
    }

    private static byte[] Get(string path, string name)
    {
        var buffer = new byte[65536]; // XATTR_SIZE_MAX
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'), n = Encoding.UTF8.GetBytes(name + '\0'), b = buffer)
        {
            var length = Native.lgetxattr(p, n, b, (nuint)buffer.Length);
            return length >= 0 ? buffer[..(int)length] : throw new SyscallException("lgetxattr " + name, path, LibC.errno);
        }
    }
}
