using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// A file for the calls of xattr(7): an open one, or a name in a directory, which is passed as a path through /proc, because those calls
/// have no *at form on kernels in use. Only the last name of that path could be a link, and it is not followed.
/// </summary>
internal readonly unsafe struct AttributeFile
{
    private const int MaxValueBytes = 65536; // XATTR_SIZE_MAX
    private readonly FileHandle? open;
    private readonly byte[] path;
    private readonly string shown;

    private AttributeFile(FileHandle? open, byte[] path, string shown) => (this.open, this.path, this.shown) = (open, path, shown);

    /// <param name="file">Opened for reading or writing.</param>
    internal static AttributeFile Opened(FileHandle file) => new(file, [], file.Path);

    /// <param name="directory">May be opened with <see cref="OpenFlags.Path"/>.</param>
    /// <param name="name">One name.</param>
    internal static AttributeFile At(FileHandle directory, string name) =>
        new(null, FileName.Encode($"{Syscall.DescriptorPath(directory)}/{name}"), $"{directory.Path}/{name}");

    /// <summary>For reading only. For a link, the attributes of the link itself.</summary>
    internal static AttributeFile AtPath(string path) => new(null, FileName.Encode(path), path);

    internal SyscallException Failed(string operation, int errno) => Syscall.Failed(operation, shown, errno);

    // Most files have no attributes or one.
    [System.Runtime.CompilerServices.SkipLocalsInit]
    internal List<string> List()
    {
        var names = new List<string>();
        Span<byte> buffer = stackalloc byte[512];
        while (true)
        {
            nint length;
            fixed (byte* p = path, b = buffer)
            {
                length = open is null ? Native.llistxattr(p, b, (nuint)buffer.Length)
                    : Native.flistxattr(open.Descriptor, b, (nuint)buffer.Length);
            }

            if (length < 0 && LibC.errno == Errno.ERANGE)
            {
                buffer = new byte[buffer.Length * 4]; // the kernel's limit is 64 KiB
                continue;
            }
            if (length < 0) return LibC.errno == Errno.EOPNOTSUPP ? names : throw Failed("listxattr", LibC.errno);
            if (length == 0) return names;
            foreach (var name in FileName.Decode(buffer[..(int)length]).Split('\0', StringSplitOptions.RemoveEmptyEntries))
                names.Add(name);
            return names;
        }
    }

    internal byte[] Get(string name)
    {
        // Most values are a few dozen bytes.
        foreach (var size in (ReadOnlySpan<int>)[256, MaxValueBytes])
        {
            var buffer = new byte[size];
            fixed (byte* p = path, n = FileName.Encode(name), b = buffer)
            {
                var length = open is null ? Native.lgetxattr(p, n, b, (nuint)buffer.Length)
                    : Native.fgetxattr(open.Descriptor, n, b, (nuint)buffer.Length);
                if (length >= 0) return buffer[..(int)length];
                if (LibC.errno != Errno.ERANGE || size == MaxValueBytes) break;
            }
        }
        throw Failed("getxattr " + name, LibC.errno);
    }

    /// <summary>Null: the file has no such attribute, or it cannot be read.</summary>
    internal byte[]? TryGet(string name)
    {
        var buffer = new byte[256];
        fixed (byte* p = path, n = FileName.Encode(name), b = buffer)
        {
            var length = open is null ? Native.lgetxattr(p, n, b, (nuint)buffer.Length)
                : Native.fgetxattr(open.Descriptor, n, b, (nuint)buffer.Length);
            return length < 0 ? null : buffer[..(int)length];
        }
    }

    /// <summary>0 or the error number.</summary>
    internal int TrySet(string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = path, n = FileName.Encode(name), v = value)
        {
            var result = open is null ? Native.lsetxattr(p, n, v, (nuint)value.Length, 0)
                : Native.fsetxattr(open.Descriptor, n, v, (nuint)value.Length, 0);
            return result == 0 ? 0 : LibC.errno;
        }
    }

    internal void Remove(string name)
    {
        fixed (byte* p = path, n = FileName.Encode(name))
        {
            if ((open is null ? Native.lremovexattr(p, n) : Native.fremovexattr(open.Descriptor, n)) < 0 && LibC.errno != Errno.ENODATA)
                throw Failed("removexattr " + name, LibC.errno);
        }
    }
}
