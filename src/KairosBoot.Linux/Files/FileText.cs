using System.Runtime.CompilerServices;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Reads and writes whole small files, UTF-8.</summary>
public static class FileText
{
    /// <summary>Also works for /proc and /sys, whose files report size 0.</summary>
    public static byte[] ReadBytes(string path)
    {
        using var file = Syscall.Open(path, OpenFlags.ReadOnly);
        return ReadToEnd(file);
    }

    public static string Read(string path) => Encoding.UTF8.GetString(ReadBytes(path));

    /// <summary>Null: nothing is at the path.</summary>
    public static string? TryRead(string path)
    {
        using var file = Syscall.TryOpen(path, OpenFlags.ReadOnly);
        return file is null ? null : Encoding.UTF8.GetString(ReadToEnd(file));
    }

    /// <summary>An attribute of sysfs or procfs without its newline; null: it does not exist, or the driver refuses to read it.</summary>
    public static string? TryReadAttribute(string path)
    {
        try
        {
            using var file = Syscall.TryOpen(path, OpenFlags.ReadOnly);
            if (file is null) return null;
            return Encoding.UTF8.GetString(ReadToEnd(file, path.StartsWith("/sys/", StringComparison.Ordinal))).Trim();
        }
        catch (SyscallException) { return null; }
    }

    // A boot reads hundreds of attributes of sysfs, of a few bytes each: their heap buffers are no larger than that.
    [SkipLocalsInit]
    private static byte[] ReadToEnd(FileHandle file, bool inSysfs = false)
    {
        Span<byte> small = stackalloc byte[4096];
        var length = 0;
        while (length < small.Length)
        {
            var n = Syscall.Read(file, small[length..]);
            length += n;
            // sysfs returns the whole value in one read (Documentation/filesystems/sysfs.rst).
            if (n == 0 || (inSysfs && length < small.Length)) return small[..length].ToArray();
        }
        return ReadRest(file, small);
    }

    private static byte[] ReadRest(FileHandle file, ReadOnlySpan<byte> start)
    {
        var buffer = new byte[Math.Max(2 * start.Length, Syscall.FStat(file).Size + 1)];
        start.CopyTo(buffer);
        for (var length = start.Length; ;)
        {
            var n = Syscall.Read(file, buffer.AsSpan(length));
            if (n == 0) return length == buffer.Length ? buffer : buffer[..length];
            length += n;
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    /// <summary>Creates or truncates the file. It has exactly <paramref name="mode"/> before the first byte is written.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, int mode = Octal.O644)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, mode & Octal.O600);
        Syscall.FChMod(file, mode);
        Syscall.WriteAll(file, content);
    }

    public static void Write(string path, string content, int mode = Octal.O644) => Write(path, Encoding.UTF8.GetBytes(content), mode);

    /// <summary>Sets an attribute of sysfs or procfs: one write(2) into an existing file.</summary>
    public static void WriteAttribute(string path, string value)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly);
        Syscall.WriteAll(file, Encoding.UTF8.GetBytes(value));
    }

    public static void Append(string path, string content, int mode = Octal.O644)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, mode);
        Syscall.WriteAll(file, Encoding.UTF8.GetBytes(content));
    }
}
