namespace KairosBoot.Image;

/// <summary>An archive that cannot be unpacked exactly as its writer meant it.</summary>
/// <param name="reason">After the name of the member: "has ...", or for damage a statement: "the header ...".</param>
/// <param name="fix">How to make an archive that can be read; null: the archive is damaged.</param>
internal sealed class TarProblem(string reason, string? fix) : Exception(reason)
{
    /// <summary>Null: the archive is damaged.</summary>
    internal string? Fix { get; } = fix;

    /// <summary>The member, if it is not the last one that was read.</summary>
    internal string? Member { get; init; }

    internal static TarProblem Damage(string reason) => new(reason, fix: null);

    /// <summary>A feature that has no meaning here, or none that all programs agree on.</summary>
    internal static TarProblem Refusal(string reason, string fix) => new(reason, fix);
}
