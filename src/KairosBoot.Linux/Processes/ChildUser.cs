namespace KairosBoot.Linux;

/// <summary>The user that a program runs as: without a capability, without a controlling terminal, and in the root directory.</summary>
/// <param name="Uid">Real, effective and saved.</param>
/// <param name="Gid">Real, effective and saved.</param>
/// <param name="Groups">Supplementary groups.</param>
public sealed record ChildUser(int Uid, int Gid, IReadOnlyList<int> Groups);
