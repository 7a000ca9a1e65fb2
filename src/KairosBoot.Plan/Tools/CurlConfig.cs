using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A config for <c>curl --config</c>: options that must not be in the arguments, which every user of the machine can read. curl(1).
/// </summary>
public sealed class CurlConfig
{
    // tool_parsecfg.c of curl 7.88: a longer line is an error; older versions split it into two lines.
    private const int MaxLineBytes = 64 * 1024;
    private readonly StringBuilder text = new();

    /// <summary>One line for each option.</summary>
    public string Text => text.ToString();

    /// <summary>An option that is a switch.</summary>
    /// <param name="option">The long name without dashes, a constant of the source.</param>
    public CurlConfig Switch(string option) => Line(option);

    /// <summary>An option with a value.</summary>
    /// <param name="option">The long name without dashes, a constant of the source.</param>
    /// <param name="value">Any text. It is quoted, with backslashes and quotes escaped, and has no other special characters.</param>
    /// <exception cref="OperatorException">It has a control character, or it is longer than curl reads.</exception>
    public CurlConfig Set(string option, string value) =>
        Line($"{option} = \"{ToolText.RequirePlain(value, "curl").Replace("\\", "\\\\").Replace("\"", "\\\"")}\"");

    private CurlConfig Line(string line)
    {
        ToolText.RequireLine(line, MaxLineBytes, "curl");
        text.Append(line).Append('\n');
        return this;
    }
}
