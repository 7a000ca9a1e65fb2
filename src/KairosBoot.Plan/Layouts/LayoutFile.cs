namespace KairosBoot.Plan;

/// <summary>A layout file and its path, which messages name.</summary>
/// <param name="path">Path of the file.</param>
/// <param name="values">Its variables; none: the file does not exist.</param>
internal sealed class LayoutFile(string path, EnvFileResult values)
{
    /// <summary>Null: the file does not set the key.</summary>
    public string? this[string key] => values[key];

    /// <summary>The words of a list.</summary>
    public string[] Words(string key) => values[key]?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Where a word is, in the form that editors and compilers use: <c>/run/cos/cos-layout.env:3</c></summary>
    public string Place(string key, string word) => path + ":" + values.LineOf(key, word).ToString();

    /// <summary>The start of a message about a word: its place, the key and the word.</summary>
    public string Entry(string key, string word) => Place(key, word) + ": " + key + " entry " + word;
}
