namespace KairosBoot.CloudConfig;

/// <summary>A config whose content is already read.</summary>
/// <param name="Name">Name in problems. Without passwords: for a URL its host and path.</param>
/// <param name="Content">The document.</param>
public sealed record ConfigText(string Name, string Content)
{
    /// <summary>Why it could not be read; empty: it was read.</summary>
    public string Problem { get; init; } = "";
}

/// <summary>Where configs come from.</summary>
public sealed class ConfigSource
{
    private ConfigSource(string path, IReadOnlyList<ConfigText> texts) => (Path, Texts) = (path, texts);

    /// <summary>Directory or file; empty if the configs are already read.</summary>
    internal string Path { get; }

    public IReadOnlyList<ConfigText> Texts { get; }

    /// <summary>A directory or file. It is read again for each pass. A missing one is empty.</summary>
    public static ConfigSource At(string path) => new(path, []);

    /// <summary>Same as <see cref="At"/>.</summary>
    public static implicit operator ConfigSource(string path) => At(path);

    public static ConfigSource Of(IReadOnlyList<ConfigText> texts) => new("", texts);
}
