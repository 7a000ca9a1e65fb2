namespace KairosBoot.Plan;

/// <summary>
/// Arguments of another program, one word each; no shell reads them. A word from outside cannot become an option: it follows an option that takes
/// it whole, or it is refused or guarded where it starts with '-'.
/// </summary>
public sealed class ToolArguments
{
    private const int MaxBytes = 128 * 1024 - 1; // MAX_ARG_STRLEN of the kernel, with the NUL
    private readonly List<string> words = [];

    /// <summary>As the program gets them.</summary>
    public IReadOnlyList<string> Words => words;

    /// <summary>Options and subcommands that this program's source spells out, numbers and identifiers in them included.</summary>
    public ToolArguments Options(params ReadOnlySpan<string> options)
    {
        foreach (var option in options) Add(option);
        return this;
    }

    /// <summary>An option that takes the next word as its value, whatever the word starts with: getopt(3).</summary>
    /// <exception cref="OperatorException">The value cannot be an argument.</exception>
    public ToolArguments Option(string option, string value)
    {
        Add(option);
        return Add(value);
    }

    /// <summary>The path of a file. One that starts with '-' gets <c>./</c> before it.</summary>
    /// <exception cref="OperatorException">It is empty or cannot be an argument.</exception>
    public ToolArguments Path(string path) =>
        path.Length == 0 ? throw new OperatorException("a path is empty", "name a file") : Add(path.StartsWith('-') ? "./" + path : path);

    /// <summary>Any other word that the program takes by its position: a URL, a branch, a name.</summary>
    /// <param name="value">The word.</param>
    /// <param name="what">What it is, for the refusal: "a URL".</param>
    /// <exception cref="OperatorException">It is empty, starts with '-', or cannot be an argument.</exception>
    public ToolArguments Value(string value, string what) => value switch
    {
        "" => throw new OperatorException($"{what} is empty", "give one"),
        ['-', ..] => throw new OperatorException($"'{ToolText.Show(value)}' is not {what}: it starts with '-'", "correct it"),
        _ => Add(value),
    };

    private ToolArguments Add(string word)
    {
        if (word.Contains('\0')) throw ToolText.Refused(word, "contains a NUL, which no argument of a program can");
        if (word.Length > MaxBytes / 4 && FileName.Encode(word).AsSpan().TrimEnd((byte)0).Length > MaxBytes) throw ToolText.Refused(word, $"is too long: an argument has at most {MaxBytes} bytes");
        words.Add(word);
        return this;
    }
}
