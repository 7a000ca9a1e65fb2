namespace KairosBoot.CloudConfig;

/// <summary>A config that was read already.</summary>
/// <param name="Name">What problems call it. Never with a password: of a URL its host and path.</param>
/// <param name="Content">The document.</param>
public sealed record ConfigText(string Name, string Content);

/// <summary>Where configs come from.</summary>
public sealed class ConfigSource
{
    private ConfigSource(string path, IReadOnlyList<ConfigText> texts) => (Path, Texts) = (path, texts);

    /// <summary>Directory or file; empty where the configs were read already.</summary>
    internal string Path { get; }

    public IReadOnlyList<ConfigText> Texts { get; }

    /// <summary>A directory or a file, read anew for each pass. One that is not there counts as empty.</summary>
    public static ConfigSource At(string path) => new(path, []);

    /// <summary>As <see cref="At"/>.</summary>
    public static implicit operator ConfigSource(string path) => At(path);

    public static ConfigSource Of(IReadOnlyList<ConfigText> texts) => new("", texts);
}
