using System.Runtime.InteropServices;
using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    public static void MkDir(string path, int mode)
    {
        fixed (byte* p = Z(path)) Check(LibC.mkdir(p, (ushort)mode), "mkdir", path);
    }

    /// <summary>Like mkdir -p: true where it made the last level. An existing directory keeps its mode.</summary>
    public static bool MakeDirectories(string path, int mode = 0b111_101_101)
    {
        fixed (byte* p = Z(path))
            if (LibC.mkdir(p, (ushort)mode) == 0) return true;
        var errno = LibC.errno;
        if (errno == Linux.Errno.EEXIST && TryStat(path) is { Type: FileType.Directory }) return false;
        var cut = path.TrimEnd('/').LastIndexOf('/');
        if (errno != Linux.Errno.ENOENT || cut <= 0) throw new SyscallException("mkdir", path, errno);
        MakeDirectories(path[..cut], mode);
        MkDir(path, mode);
        return true;
    }

    public static void RmDir(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.rmdir(p), "rmdir", path);
    }

    /// <summary>Names in a directory without <c>.</c> and <c>..</c>, in byte order, so that what follows from them is repeatable.</summary>
    public static List<string> ReadDirectory(string path)
    {
        using var directory = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return ReadNames(directory);
    }

    /// <summary>As <see cref="ReadDirectory(string)"/>, of a directory opened with <see cref="OpenFlags.Path"/>.</summary>
    public static List<string> ReadDirectory(FileHandle found)
    {
        using var directory = Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
        return ReadNames(directory);
    }

    private static List<string> ReadNames(FileHandle directory)
    {
        var names = new List<string>();
        var buffer = new byte[8192];
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var n = Native.getdents64(directory.Descriptor, start, (nuint)buffer.Length);
                if (Interrupted(n, "getdents64", directory.Path)) continue;
                if (n == 0) break;
                // struct linux_dirent64: u64 inode, i64 offset, u16 record length, u8 type, name
                for (var p = start; p < start + n; p += *(ushort*)(p + 16))
                {
                    var name = FileName.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(p + 19));
                    if (name is not ("." or "..")) names.Add(name);
                }
            }
        }
        names.Sort(string.CompareOrdinal);
        return names;
    }

    /// <summary>As <see cref="ReadDirectory(string)"/>; empty where the directory is not there.</summary>
    public static List<string> ReadDirectoryIfThere(string path)
    {
        try { return ReadDirectory(path); }
        catch (SyscallException e) when (e.Errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR) { return []; }
    }
}
