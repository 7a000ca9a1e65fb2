using System.Text;

namespace KairosBoot.Plan;

/// <summary>A config for <c>curl --config</c>: what must not be seen among the arguments, which every user of the machine may read. curl(1).</summary>
public sealed class CurlConfig
{
    // tool_parsecfg.c of curl 7.88: a longer line is an error, or two lines in older ones.
    private const int MaxLineBytes = 64 * 1024;
    private readonly StringBuilder text = new();

    /// <summary>One line for each option.</summary>
    public string Text => text.ToString();

    /// <summary>An option that is a switch.</summary>
    /// <param name="option">The long name without dashes, as the source spells it.</param>
    public CurlConfig Switch(string option) => Line(option);

    /// <summary>An option with a value.</summary>
    /// <param name="option">The long name without dashes, as the source spells it.</param>
    /// <param name="value">From anywhere: in quotes, backslash and quote are escaped, and nothing else has a meaning.</param>
    /// <exception cref="OperatorException">It has a control character, or is longer than curl reads.</exception>
    public CurlConfig Set(string option, string value) =>
        Line($"{option} = \"{ToolText.RequirePlain(value, "curl").Replace("\\", "\\\\").Replace("\"", "\\\"")}\"");

    private CurlConfig Line(string line)
    {
        ToolText.RequireLine(line, MaxLineBytes, "curl");
        text.Append(line).Append('\n');
        return this;
    }
}
