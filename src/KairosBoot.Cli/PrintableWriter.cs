using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Standard output or error of kboot for text: everything that is written goes through <see cref="PrintableText"/>.</summary>
internal sealed class PrintableWriter(TextWriter output) : TextWriter
{
    // The first half of a surrogate pair, when a pair is written one character at a time.
    private char? first;

    public override Encoding Encoding => output.Encoding;

    /// <summary>Makes <see cref="Console"/> clean all text that it prints.</summary>
    internal static void Install()
    {
        Console.SetOut(new PrintableWriter(Console.Out));
        Console.SetError(new PrintableWriter(Console.Error));
    }

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
