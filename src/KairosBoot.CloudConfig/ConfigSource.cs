namespace KairosBoot.CloudConfig;

/// <summary>A config whose content is already read.</summary>
public sealed class ConfigText
{
    // The bytes of a file take half the memory of its text, which is needed only while it is parsed.
    private readonly byte[]? bytes;
    private readonly string text = "";

    /// <param name="name">Name in problems. Without passwords: for a URL its host and path.</param>
    /// <param name="content">The document.</param>
    public ConfigText(string name, string content) => (Name, text) = (name, content);

    /// <param name="name">Name in problems.</param>
    /// <param name="content">The bytes of a file in any encoding. Invalid ones are found when it is parsed.</param>
    public ConfigText(string name, byte[] content) => (Name, bytes) = (name, content);

    public string Name { get; }

    /// <summary>The document; that of a file is decoded at each call.</summary>
    public string Content => bytes is null ? text : ConfigEncoding.Decode(bytes);

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
