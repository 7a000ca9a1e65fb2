namespace KairosBoot.Image;

/// <summary>A member of an archive would be written through a path of the archive that is not a directory.</summary>
/// <param name="path">The path that is not a directory.</param>
internal sealed class NotADirectoryException(string path) : Exception($"{path} is not a directory")
{
    internal string Path { get; } = path;
}
