namespace KairosBoot.Linux;

/// <summary>What is on the disk when <see cref="FileReplacement.Commit"/> returns.</summary>
public enum ReplacementSync
{
    /// <summary>The content, but not yet the name: after a power cut, the file is the old one or the new one.</summary>
    Content,

    /// <summary>The content and the name.</summary>
    Name,

    /// <summary>All of the file system, in its final place: GRUB reads it without the journal.</summary>
    FileSystem,
}
