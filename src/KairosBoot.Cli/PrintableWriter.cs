using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>
/// Standard output or error of kboot for text: everything that is written goes through <see cref="PrintableText"/>. Colours are added after
/// that, and only to the words below, so text from outside has none.
/// </summary>
internal sealed class PrintableWriter(TextWriter output, bool hasColors = false) : TextWriter
{
    // ECMA-48, Select Graphic Rendition. The first eight colours are those that every terminal has.
    private const string Red = "\e[31m", Green = "\e[32m", Yellow = "\e[33m", Cyan = "\e[36m", Default = "\e[0m";

    private static readonly Dictionary<string, string> Colors = new()
    {
        ["kboot:"] = Red, ["error:"] = Red, ["error"] = Red, ["bad"] = Red, ["failed"] = Red,
        ["warning:"] = Yellow, ["warning"] = Yellow, ["degraded"] = Yellow,
        ["ok"] = Green, ["good"] = Green,
        ["to fix:"] = Cyan,
    };

    // The first half of a surrogate pair, when a pair is written one character at a time.
    private char? first;

    internal static PrintableWriter Output { get; } = new(StartConsole(), HasColors(Console.IsOutputRedirected));

    internal static PrintableWriter Errors { get; } = new(Console.Error, HasColors(Console.IsErrorRedirected));

    public override Encoding Encoding => output.Encoding;

    /// <summary>Makes <see cref="Console"/> clean all text that it prints.</summary>
    internal static void Install()
    {
        Console.SetOut(Output);
        Console.SetError(Errors);
    }

    /// <summary>Writes a line with one word in its colour. Only this word is coloured, also if the texts around it have it too.</summary>
    /// <param name="before">Text before the word.</param>
    /// <param name="word">A prefix such as <c>error:</c>, or a verdict. A word without a colour is written as the texts are.</param>
    /// <param name="after">The rest of the line.</param>
    internal void WriteWord(string before, string word, string after)
    {
        var shown = PrintableText.Clean(word);
        if (hasColors && Colors.TryGetValue(word, out var color)) shown = color + shown + Default;
        output.Write(PrintableText.Clean(before) + shown + PrintableText.Clean(after) + Environment.NewLine);
    }

    // At its first write to a terminal, the library switches the keypad to another mode (terminfo: keypad_xmit), and does not switch it
    // back. It does not know how if there is no TERM at that time. So this is its first write, of nothing.
    private static TextWriter StartConsole()
    {
        const string Name = "TERM";
        var terminal = Environment.GetEnvironmentVariable(Name);
        Environment.SetEnvironmentVariable(Name, null);
        using (var output = Console.OpenStandardOutput()) output.Write([]);
        Environment.SetEnvironmentVariable(Name, terminal);
        return Console.Out;
    }

    // https://no-color.org: any value that is not empty. Without TERM, nothing is known about the terminal.
    private static bool HasColors(bool isRedirected) =>
        !isRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    public override void Write(char value)
    {
        if (first is null && char.IsHighSurrogate(value))
            first = value;
        else
            Write(value.ToString());
    }

    public override void Write(string? value)
    {
        var text = first + value;
        first = null;
        output.Write(PrintableText.Clean(text));
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    public override void WriteLine(string? value) => Write(value + Environment.NewLine);

    public override void Flush()
    {
        if (first is not null) Write("");
        output.Flush();
    }
}
