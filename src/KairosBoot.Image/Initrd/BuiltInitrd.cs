namespace KairosBoot.Image;

/// <summary>A packed initrd.</summary>
/// <param name="Content">The file's bytes.</param>
/// <param name="Release">Release of its kernel.</param>
/// <param name="Packed">Names of its modules.</param>
/// <param name="Absent">Modules of the sets that this kernel does not have.</param>
public sealed record BuiltInitrd(byte[] Content, string Release, IReadOnlyCollection<string> Packed, IReadOnlyList<string> Absent);
