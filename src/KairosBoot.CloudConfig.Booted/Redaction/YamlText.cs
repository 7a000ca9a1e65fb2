using System.Text;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Writes YAML in block style. Each text that is not obviously plain is quoted or a literal block.</summary>
internal sealed class YamlText
{
    private const int Indent = 2;

    private readonly StringBuilder text = new();
    private readonly Stack<bool> levels = new();
    private bool isAfterKey, isAfterDash;

    internal int Length => text.Length;

    internal void Comment(string line) => text.Append('#').Append(line).Append('\n');

    internal void BeginMapping(int pairs) => Begin(pairs == 0 ? "{}" : null);

    internal void BeginList(int items) => Begin(items == 0 ? "[]" : null);

    internal void End() => levels.Pop();

    internal void Key(string name)
    {
        StartLine();
        text.Append(name.Length > 0 && IsPlain(name) ? name : Quoted(name)).Append(':');
        isAfterKey = true;
    }

    internal void Item()
    {
        StartLine();
        text.Append('-');
        isAfterDash = true;
    }

    internal void Scalar(string value, bool isPlain)
    {
        (isAfterKey, isAfterDash) = (false, false);
        text.Append(' ');
        if (isPlain && IsPlain(value)) text.Append(value).Append('\n');
        else if (value.Contains('\n') && IsLiteral(value)) Literal(value);
        else text.Append(!isPlain && IsPlainText(value) ? value : Quoted(value)).Append('\n');
    }

    public override string ToString() => text.ToString();

    // A collection inside another begins on the line below its key; one in a list begins on the line of the dash.
    private void Begin(string? empty)
    {
        if (empty is not null)
        {
            text.Append(levels.Count == 0 ? "" : " ").Append(empty).Append('\n');
            (isAfterKey, isAfterDash) = (false, false);
        }
        else if (isAfterKey)
        {
            text.Append('\n');
            isAfterKey = false;
        }

        levels.Push(true);
    }

    private void StartLine()
    {
        if (isAfterDash)
        {
            isAfterDash = false;
            text.Append(' ');
            return;
        }

        text.Append(' ', Indent * (levels.Count - 1));
    }

    private void Literal(string value)
    {
        // The number says how deep the text is indented, so that it may begin with spaces.
        text.Append('|').Append(Indent).Append(value.EndsWith('\n') ? "+" : "-").Append('\n');
        foreach (var line in (value.EndsWith('\n') ? value[..^1] : value).Split('\n'))
        {
            if (line.Length > 0) text.Append(' ', Indent * levels.Count).Append(line);
            text.Append('\n');
        }
    }

    private static bool IsLiteral(string value) => value.All(c => c is '\n' or '\t' or (>= ' ' and <= '~') or (>= '\u00a0' and < '\u2000'));

    // Numbers, dates, booleans, null and simple words stay as they were.
    private static bool IsPlain(string value) => value.Length == 0 || (char.IsAsciiLetterOrDigit(value[0]) && value.All(IsSimple));

    // A quoted word that would be a number or a boolean without quotes is quoted again.
    private static bool IsPlainText(string value) => value.Length > 0 && char.IsAsciiLetter(value[0]) && value.All(IsSimple)
        && value.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n");

    private static bool IsSimple(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or '+' or '@';

    private static string Quoted(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\t' => @"\t",
                >= ' ' and <= '~' => c.ToString(),
                _ => $@"\u{(int)c:x4}",
            });
        }

        return quoted.Append('"').ToString();
    }
}
