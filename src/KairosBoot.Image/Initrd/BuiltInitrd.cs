namespace KairosBoot.Image;

/// <summary>A packed initrd.</summary>
/// <param name="Content">The file's bytes.</param>
/// <param name="Release">Release of its kernel.</param>
/// <param name="Packed">Names of its modules.</param>
/// <param name="Absent">Modules of the sets that this kernel does not have.</param>
/// <param name="Compression">How it was compressed.</param>
/// <param name="Reason">Why it was compressed this way; null: the caller wanted it.</param>
public sealed record BuiltInitrd(byte[] Content, string Release, IReadOnlyCollection<string> Packed, IReadOnlyList<string> Absent,
    InitrdCompression Compression, string? Reason);
