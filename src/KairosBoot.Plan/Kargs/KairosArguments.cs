using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// The kernel arguments in an image of Kairos, /etc/cos/bootargs.cfg: a script that Kairos' boot menu executes. Here only lines
/// <c>set NAME=VALUE</c> are understood; a script that branches has no single value.
/// </summary>
/// <param name="Words">The arguments, without those that the boot menu sets.</param>
/// <param name="Problem">Why the script was not understood, as a sentence; null: it was.</param>
public sealed record KairosArguments(ImmutableArray<string> Words, string? Problem)
{
    private const string Variable = "kernelcmd";

    /// <summary>What an entry of the menu sets: the slot, and how dracut mounts it.</summary>
    private static readonly string[] OfEntry = ["root", "cos-img/filename", "rd.live.squashimg", "rd.live.dir"];

    private static readonly (string Name, string Value)[] Files = [("kernel", "/boot/vmlinuz"), ("initramfs", "/boot/initrd")];

    /// <param name="script">The text of the file.</param>
    public static KairosArguments Parse(string script)
    {
        ImmutableArray<string> words = [];
        foreach (var (index, text) in script.Split('\n').Index())
        {
            var line = text.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (Assignment(line) is not var (name, value)) return Refuse(index, $"is not an assignment: {line}");
            if (Files.FirstOrDefault(file => file.Name == name) is { Name: not null } file && value != file.Value)
                return Refuse(index, $"names another file than {file.Value}: {line}");
            if (name != Variable) continue;
            var next = new List<string>();
            foreach (var word in value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word is "$" + Variable or "${" + Variable + "}") next.AddRange(words);
                else if (OfEntry.Contains(word.Split('=')[0])) continue;
                else if (word.Contains('$')) return Refuse(index, $"has a variable: {word}");
                else if (Karg.Problem(word) is { } problem) return Refuse(index, $"cannot be used: {problem}");
                else next.Add(word);
            }

            words = [.. next];
        }

        return new(words, null);
    }

    private static KairosArguments Refuse(int index, string reason) => new([], $"line {index + 1} {reason}");

    // set NAME=VALUE, with one pair of quotes around the value, or none.
    private static (string Name, string Value)? Assignment(string line)
    {
        if (!line.StartsWith("set ", StringComparison.Ordinal) || line.IndexOf('=') is not (> 0 and var equals)) return null;
        var (name, value) = (line[4..equals].Trim(), line[(equals + 1)..]);
        if (value is ['"' or '\'', .., var end] && end == value[0]) value = value[1..^1];
        else if (value.AsSpan().IndexOfAny(" \t") >= 0) return null;
        var isPlain = value.AsSpan().IndexOfAny("\"'\\;`") < 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        return isPlain ? (name, value) : null;
    }
}
