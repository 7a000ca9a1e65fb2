namespace KairosBoot.Init;

/// <summary>Every slot has used up its tries. The machine stops; whoever switches it on again means all of them.</summary>
/// <param name="fault">The last slot that was given up and why; null where none was.</param>
internal sealed class NothingLeftException(string? fault) : Exception
{
    public string? Fault { get; } = fault;
}
