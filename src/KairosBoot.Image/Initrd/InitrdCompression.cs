namespace KairosBoot.Image;

/// <summary>How an initrd is compressed.</summary>
public enum InitrdCompression
{
    /// <summary>The fastest one that the kernel is known to unpack.</summary>
    Auto,
    /// <summary>Unpacked faster than zstd, and 40 % larger.</summary>
    Lz4,
    /// <summary>The smallest one.</summary>
    Zstd,
    /// <summary>For kernels before 5.9.</summary>
    Gzip,
    /// <summary>Not compressed.</summary>
    None,
}

/// <summary>The words for it on the command line and in messages.</summary>
public static class InitrdCompressionWords
{
    private static readonly string[] Words = ["auto", "lz4", "zstd", "gzip", "none"];

    /// <summary>All of them.</summary>
    public static string[] All => [.. Words];

    public static string Word(this InitrdCompression compression) => Words[(int)compression];

    /// <param name="word">One of <see cref="All"/>.</param>
    public static InitrdCompression Parse(string word) => (InitrdCompression)Array.IndexOf(Words, word);
}
