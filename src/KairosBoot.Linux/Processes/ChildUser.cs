namespace KairosBoot.Linux;

/// <summary>The user that a program runs as: without capabilities, without a controlling terminal, and in the root directory.</summary>
/// <param name="Uid">Real, effective and saved user id.</param>
/// <param name="Gid">Real, effective and saved group id.</param>
/// <param name="Groups">Supplementary groups.</param>
public sealed record ChildUser(int Uid, int Gid, IReadOnlyList<int> Groups);
