namespace KairosBoot.Linux;

/// <summary>A name in a directory.</summary>
/// <param name="name">The name.</param>
/// <param name="type">Unknown: the file system does not tell it.</param>
public sealed class DirectoryEntry(string name, FileType type)
{
    public string Name => name;

    public FileType Type => type;
}
