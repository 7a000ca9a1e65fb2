using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Reads files that somebody else wrote, who may have meant harm: only files, and only so much of them.</summary>
internal static class UserDataReader
{
    /// <summary>Of the bytes. Clouds allow 16 KiB to 1 MiB; a config has no use for more than its parser takes.</summary>
    internal const int Largest = 4 * 1024 * 1024;
    internal const string LargestText = "4 MiB";

    /// <summary>Opening does not wait for the other end of a pipe.</summary>
    internal static OpenFlags Flags => OpenFlags.ReadOnly | OpenFlags.NonBlocking;

    /// <summary>Null for an empty file. Throws <see cref="FormatException"/> for what is none and for one that is too large.</summary>
    internal static byte[]? Read(FileHandle file)
    {
        var status = Syscall.FStat(file);
        if (status.Type != FileType.Regular) throw new FormatException($"{file.Path} is {(status.Type == FileType.Directory ? "a directory" : "a device or a pipe")}, not a file");
        if (status.Size > Largest) throw new FormatException($"{file.Path} is larger than {LargestText}");
        var content = new byte[status.Size];
        var length = Syscall.PRead(file, content, 0);
        return length == 0 ? null : content[..length];
    }
}
