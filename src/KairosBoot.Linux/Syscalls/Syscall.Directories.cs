using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KairosBoot.Plan;
using Tmds.Linux;

namespace KairosBoot.Linux;

public static unsafe partial class Syscall
{
    public static void MkDir(string path, int mode)
    {
        fixed (byte* p = Z(path)) Check(LibC.mkdir(p, (ushort)mode), "mkdir", path);
    }

    /// <summary>mkdirat(2). False: the name exists already.</summary>
    public static bool TryMkDirAt(FileHandle directory, string name, int mode)
    {
        fixed (byte* p = Z(name))
            if (LibC.mkdirat(directory.Descriptor, p, (ushort)mode) == 0) return true;
        return LibC.errno == Linux.Errno.EEXIST ? false : throw Failed("mkdirat", Below(directory, name));
    }

    /// <summary>Like mkdir -p: true if it created the last level. An existing directory keeps its mode.</summary>
    public static bool MakeDirectories(string path, int mode = Octal.O755)
    {
        fixed (byte* p = Z(path))
            if (LibC.mkdir(p, (ushort)mode) == 0) return true;
        var errno = LibC.errno;
        if (errno == Linux.Errno.EEXIST && TryStat(path) is { Type: FileType.Directory }) return false;
        var parent = PathParts.ParentOf(path.TrimEnd('/'));
        if (errno != Linux.Errno.ENOENT || parent is "" or "/") throw Failed("mkdir", path, errno);
        MakeDirectories(parent, mode);
        MkDir(path, mode);
        return true;
    }

    public static void RmDir(string path)
    {
        fixed (byte* p = Z(path)) Check(LibC.rmdir(p), "rmdir", path);
    }

    /// <summary>Names in a directory without <c>.</c> and <c>..</c>, in byte order, so that results are reproducible.</summary>
    public static List<string> ReadDirectory(string path)
    {
        using var directory = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return ReadDirectory(directory);
    }

    /// <summary>As <see cref="ReadDirectory(string)"/>, with the type of each name.</summary>
    [SkipLocalsInit]
    public static List<DirectoryEntry> ReadDirectoryEntries(string path)
    {
        using var directory = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        var entries = new List<DirectoryEntry>();
        Span<byte> buffer = stackalloc byte[8192];
        while (ReadEntries(directory, buffer, entries)) { }
        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    /// <summary>True: the directory contains a name. False: it is empty, or does not exist.</summary>
    public static bool HasEntries(string path)
    {
        using var directory = TryOpen(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return directory is not null && !IsEmpty(directory);
    }

    /// <summary>As <see cref="ReadDirectory(string)"/>, for a directory that was opened for reading and not read yet.</summary>
    [SkipLocalsInit]
    public static List<string> ReadDirectory(FileHandle directory)
    {
        var names = new List<string>();
        Span<byte> buffer = stackalloc byte[8192];
        while (ReadNames(directory, buffer, names)) { }
        names.Sort(string.CompareOrdinal);
        return names;
    }

    /// <summary>True: the directory has no names. Reading one that has some starts at the beginning again.</summary>
    /// <param name="directory">Opened for reading, not read yet.</param>
    [SkipLocalsInit]
    public static bool IsEmpty(FileHandle directory)
    {
        var names = new List<string>();
        // Of the records of "." and "..", and the largest other one, the kernel returns at least one.
        Span<byte> buffer = stackalloc byte[512];
        while (names.Count == 0)
            if (!ReadNames(directory, buffer, names)) return true;
        Rewind(directory);
        return false;
    }

    /// <summary>Adds the next names, as many as one call returns, in the order of the file system. False: there are no more.</summary>
    public static bool ReadNames(FileHandle directory, Span<byte> buffer, List<string> names) =>
        ReadEntries(directory, buffer, entries: null, names);

    private static bool ReadEntries(FileHandle directory, Span<byte> buffer, List<DirectoryEntry>? entries, List<string>? names = null)
    {
        fixed (byte* start = buffer)
        {
            nint n;
            do n = Native.getdents64(directory.Descriptor, start, (nuint)buffer.Length);
            while (Interrupted(n, "getdents64", directory.Path));
            for (var p = start; p < start + n; p += *(ushort*)(p + DirentRecordLength))
            {
                var name = FileName.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(p + DirentName));
                if (name is "." or "..") continue;
                names?.Add(name);
                entries?.Add(new(name, Type((uint)p[DirentType] << DirentTypeShift)));
            }
            return n > 0;
        }
    }

    // struct linux_dirent64: offsets of the record length (16 bits), the type (8 bits) and the name. DTTOIF of dirent.h: a type is the bits
    // of the mode that say it.
    private const int DirentRecordLength = 16, DirentType = 18, DirentName = 19, DirentTypeShift = 12;

    /// <summary>The next read starts at the beginning of the directory again.</summary>
    public static void Rewind(FileHandle directory) => LSeek(directory, 0, SEEK_SET);

    /// <summary>As <see cref="ReadDirectory(string)"/>; empty: the directory does not exist.</summary>
    public static List<string> ReadDirectoryIfThere(string path)
    {
        try { return ReadDirectory(path); }
        catch (SyscallException e) when (e.Errno is Linux.Errno.ENOENT or Linux.Errno.ENOTDIR) { return []; }
    }
}
