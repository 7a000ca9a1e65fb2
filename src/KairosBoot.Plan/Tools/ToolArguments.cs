namespace KairosBoot.Plan;

/// <summary>
/// The arguments of another program, one word each; no shell interprets them. A word from outside cannot become an option: it is the value
/// of an option, or a leading '-' is refused or guarded.
/// </summary>
public sealed class ToolArguments
{
    private const int MaxBytes = 128 * 1024 - 1; // MAX_ARG_STRLEN of the kernel, with the NUL
    private readonly List<string> words = [];

    /// <summary>The arguments in order.</summary>
    public IReadOnlyList<string> Words => words;

    /// <summary>Options and subcommands that are constants of the source, or contain only numbers and identifiers.</summary>
    public ToolArguments Options(params ReadOnlySpan<string> options)
    {
        foreach (var option in options) Add(option);
        return this;
    }

    /// <summary>An option whose value is the next word, even if that starts with '-': getopt(3).</summary>
    /// <exception cref="OperatorException">The value cannot be an argument.</exception>
    public ToolArguments Option(string option, string value)
    {
        Add(option);
        return Add(value);
    }

    /// <summary>The path of a file. One that starts with '-' gets <c>./</c> before it.</summary>
    /// <exception cref="OperatorException">It is empty or cannot be an argument.</exception>
    public ToolArguments Path(string path) =>
        path.Length == 0 ? throw new OperatorException("a path is empty", "specify a file")
        : Add(path.StartsWith('-') ? "./" + path : path);

    /// <summary>Any other positional word: a URL, a branch, a name.</summary>
    /// <param name="value">The word.</param>
    /// <param name="what">Its kind, for the message: "a URL".</param>
    /// <exception cref="OperatorException">It is empty, starts with '-', or cannot be an argument.</exception>
    public ToolArguments Value(string value, string what) => value switch
    {
        "" => throw new OperatorException($"{what} is empty", $"specify {what}"),
        ['-', ..] => throw new OperatorException($"'{ToolText.Show(value)}' is not {what}: it starts with '-'", "correct it"),
        _ => Add(value),
    };

    private ToolArguments Add(string word)
    {
        if (word.Contains('\0')) throw ToolText.Refused(word, "contains a NUL, which is not allowed in an argument");
        if (word.Length > MaxBytes / 4 && FileName.Encode(word).AsSpan().TrimEnd((byte)0).Length > MaxBytes)
            throw ToolText.Refused(word, $"is too long: an argument has at most {MaxBytes} bytes");
        words.Add(word);
        return this;
    }
}
