using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Reads files that somebody else wrote and who may want to harm.</summary>
internal static class UserDataReader
{
    /// <summary>Null for an empty file. Throws as <see cref="BoundedFile"/> does.</summary>
    /// <param name="file">Opened with <see cref="OpenFlags.Path"/>.</param>
    internal static byte[]? Read(FileHandle file) => BoundedFile.Read(file, ReadLimit.UserData) is { Length: > 0 } content ? content : null;
}
