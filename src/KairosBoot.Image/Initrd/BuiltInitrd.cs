namespace KairosBoot.Image;

/// <summary>A packed initrd.</summary>
/// <param name="Content">The file's bytes.</param>
/// <param name="Release">The kernel it is for.</param>
/// <param name="Packed">Names of the modules in it.</param>
/// <param name="Absent">Rows of the sets that this kernel has not.</param>
public sealed record BuiltInitrd(byte[] Content, string Release, IReadOnlyCollection<string> Packed, IReadOnlyList<string> Absent);
