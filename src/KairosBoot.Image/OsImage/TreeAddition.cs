using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Something that the image gets in addition to the tree, which itself is not changed. Owned by root.</summary>
/// <param name="Path">Without a leading slash. Parents come before children.</param>
public abstract record TreeAddition(string Path)
{
    public sealed record Directory(string Path, int Mode) : TreeAddition(Path);

    public sealed record Link(string Path, string Target) : TreeAddition(Path);

    /// <param name="Path">Without a leading slash.</param>
    /// <param name="Source">A file on the build host.</param>
    /// <param name="Mode">Permission bits.</param>
    public sealed record File(string Path, string Source, int Mode = Octal.O644) : TreeAddition(Path);
}
