namespace KairosBoot.Image;

/// <summary>A temporary directory for work without an output file.</summary>
internal static class ScratchDirectory
{
    // /tmp may be in memory, and an image may be larger than that.
    private const string Place = "/var/tmp", Variable = "TMPDIR";

    /// <param name="name">Start of its name.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    internal static TemporaryDirectory Create(string name, CancellationToken cancellationToken) =>
        new(Path.Combine(Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen ? chosen : Place, name), cancellationToken);
}
