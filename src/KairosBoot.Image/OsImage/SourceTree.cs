using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>The files of an image on the build host.</summary>
/// <param name="Path">Top directory.</param>
/// <param name="Members">Owners, modes, nodes and attributes that the files in the directory lack; empty if the tree is complete.</param>
/// <param name="Disposable">Whether the tree is a temporary copy, which may be changed.</param>
public sealed record SourceTree(string Path, IReadOnlyList<TreeMember> Members, bool Disposable)
{
    /// <summary>Members that the directory lacks and that are created only in the image: device nodes, if the user is not root.</summary>
    public bool Lacks(TreeMember member) => member.IsDeviceOrFifo && Syscall.TryLStat(System.IO.Path.Combine(Path, member.Path)) is null;
}
