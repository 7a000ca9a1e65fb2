using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Reads a tree that somebody else made, with what a build adds to it. Links never lead out of it, and reads are limited.
/// </summary>
internal static class TreeReader
{
    // The owner's bit of chmod(2).
    private const int ExecutableByOwner = 0x40;

    /// <param name="root">Top of the tree or of a mounted image.</param>
    /// <param name="additions">What the image gets in addition to the tree.</param>
    internal static SystemTree Open(string root, IReadOnlyList<TreeAddition> additions)
    {
        TreeAddition? Added(string path) => additions.FirstOrDefault(addition => addition.Path == path.TrimStart('/'));
        string? Link(string path) => Added(path) is TreeAddition.Link link ? link.Target : LinkIn(root, path);
        TreeFile? Read(string path) => Added(path) is TreeAddition.File file
            ? new(Encoding.UTF8.GetString(HostFile.Read(file.Source)), (file.Mode & ExecutableByOwner) != 0) : ReadIn(root, path);
        IReadOnlyList<string> Names(string directory) => [.. NamesIn(root, directory).Union(additions
            .Where(addition => PathParts.ParentOf("/" + addition.Path) == directory).Select(addition => PathParts.NameOf(addition.Path)))];
        return new(Link, Read, Names);
    }

    private static string? LinkIn(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path, followLast: false);
        return file is not null && Syscall.FStat(file).Type == FileType.Symlink ? Syscall.ReadLink(file) : null;
    }

    private static TreeFile? ReadIn(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path);
        if (file is null || Syscall.FStat(file) is not { Type: FileType.Regular } status || status.Size > ReadLimit.SystemText.Bytes)
            return null;
        try { return new(Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemText)), (status.Mode & ExecutableByOwner) != 0); }
        catch (Exception e) when (e is SyscallException or OperatorException) { return null; } // it cannot be read at boot either
    }

    private static IReadOnlyList<string> NamesIn(string root, string directory)
    {
        try { return UntrustedTree.Names(root, directory); }
        catch (SyscallException) { return []; } // as above
    }
}
