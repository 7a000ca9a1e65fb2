using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>One thing in a config that could not be done, or was done in another way than its author may think.</summary>
/// <param name="File">The file as it was found.</param>
/// <param name="Line">From 1.</param>
/// <param name="Entry">Name of the entry, or its stage and number; empty for the file as a whole.</param>
/// <param name="Key">Path of the key within the entry: <c>files.permissions</c>. Empty for the entry as a whole.</param>
/// <param name="Reason">Never holds a password or the content of a file.</param>
public sealed record StageProblem(string File, int Line, string Entry, string Key, string Reason)
{
    /// <summary>What was asked for was done all the same: an unknown key was passed over, a template kept its text.</summary>
    public bool IsWarning { get; init; }

    /// <summary>What an exception says went wrong, and how to fix it where it knows that.</summary>
    internal static string ReasonOf(Exception failure) => failure is OperatorException e ? $"{e.Problem}; to fix: {e.Fix}" : failure.Message;

    /// <summary>From 1; 0 where only the line is known.</summary>
    public int Column { get; init; }

    /// <summary><c>/oem/90.yaml:12: my entry: files.permissions: reason</c>, with the column after the line where it is known.</summary>
    public string Text
    {
        get
        {
            var text = Column > 0 ? $"{File}:{Line}:{Column}" : $"{File}:{Line}";
            foreach (var part in (ReadOnlySpan<string>)[Entry, Key, Reason])
                if (part.Length > 0) text += ": " + part;
            return text;
        }
    }
}
