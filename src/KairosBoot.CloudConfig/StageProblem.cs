using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>A fault in a config: an item that was not done, or not as its author may expect.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Entry">Name of the entry, or its stage and number; empty for the file as a whole.</param>
/// <param name="Key">Path of the key within the entry: <c>files.permissions</c>. Empty for the entry as a whole.</param>
/// <param name="Reason">Never contains a password or the content of a file.</param>
public sealed record StageProblem(string File, int Line, string Entry, string Key, string Reason)
{
    /// <summary>The rest was done: for example an unknown key was ignored or a template kept its text.</summary>
    public bool IsWarning { get; init; }

    /// <summary>The message of an exception, with its fix if it has one.</summary>
    internal static string ReasonOf(Exception failure) =>
        failure is OperatorException e ? $"{e.Problem}; to fix: {e.Fix}" : failure.Message;

    /// <summary>From 1; 0 where only the line is known.</summary>
    public int Column { get; init; }

    /// <summary><c>/oem/90.yaml:12: my entry: files.permissions: reason</c>, with the column after the line if it is known.</summary>
    public string Text
    {
        get
        {
            var text = File + ":" + Line.ToString();
            if (Column > 0) text += ":" + Column.ToString();
            foreach (var part in (ReadOnlySpan<string>)[Entry, Key, Reason])
                if (part.Length > 0) text += ": " + OneLine(part);
            return text;
        }
    }

    /// <summary>A value in the text may contain line breaks, and each line of a log is a message.</summary>
    private static string OneLine(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsControl(c)) continue;
            var line = new System.Text.StringBuilder();
            foreach (var each in text) line.Append(each switch { '\n' => "\\n", _ when char.IsControl(each) => "?", _ => each.ToString() });
            return line.ToString();
        }
        return text;
    }
}
