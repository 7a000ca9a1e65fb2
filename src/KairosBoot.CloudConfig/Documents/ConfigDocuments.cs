namespace KairosBoot.CloudConfig;

/// <summary>
/// The documents of config files, for one run or several. Every pass reads the files anew, because an entry may have written one; what is the same text as
/// before is not parsed again, since parsing is most of what a stage costs beside its commands.
/// </summary>
public sealed class ConfigDocuments
{
    private readonly Dictionary<string, (string Text, CloudConfigDocument Document)> parsed = [];

    /// <summary>Throws as <see cref="CloudConfigDocument.Parse"/> does, once for a text.</summary>
    /// <param name="file">Name of the file.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="stage">The pass whose entries are wanted; those of another one may be missing.</param>
    /// <param name="report">Gets what does not fit.</param>
    internal CloudConfigDocument Of(string file, string text, string stage, Finding report)
    {
        if (parsed.TryGetValue(file, out var known) && known.Text == text) return known.Document;
        // Every file is parsed, and what is wrong in it reported, in the stage after this one at the latest.
        if (stage.StartsWith("rootfs", StringComparison.Ordinal) && !MayHold(text, "rootfs")) return CloudConfigDocument.Empty;
        // What cannot be parsed is told once, and has nothing to run.
        parsed[file] = (text, CloudConfigDocument.Empty);
        var document = CloudConfigDocument.Parse(text, report);
        parsed[file] = (text, document);
        return document;
    }

    /// <summary>False: no key of the document is this word or begins with it. YAML can write a letter in no other way than these.</summary>
    internal static bool MayHold(string text, string key)
    {
        foreach (var spelling in (ReadOnlySpan<string>)[key, @"\x", @"\u", @"\U", "\\\n", "\\\r"])
            if (text.Contains(spelling, StringComparison.Ordinal)) return true;
        return false;
    }
}
