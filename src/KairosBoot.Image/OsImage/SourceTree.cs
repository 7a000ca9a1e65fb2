using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>The files of an image on the build host.</summary>
/// <param name="Path">Top directory.</param>
/// <param name="Members">Owners, modes, nodes and attributes that the directory's own files do not have; empty for a tree as it is.</param>
/// <param name="Disposable">Whether the tree is our own copy, which may be changed.</param>
public sealed record SourceTree(string Path, IReadOnlyList<TreeMember> Members, bool Disposable)
{
    /// <summary>Members that are to be made in the image, as the directory lacks them: nodes, for an ordinary user.</summary>
    public bool Lacks(TreeMember member) => member.IsDeviceOrFifo && Syscall.TryLStat(System.IO.Path.Combine(Path, member.Path)) is null;
}
