using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>docs/cloud-config.md against the tables of keys.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string[] Lines = File.ReadAllLines(Find("docs/cloud-config.md"));

    [Fact]
    public void The_reference_has_every_condition_in_the_order_of_the_code() =>
        Assert.Equal(EntryKeys.Conditions.Select(condition => condition.Name), KeysOf("## Conditions").Select(row => row.Key));

    [Fact]
    public void The_reference_has_every_key_in_the_order_of_the_code() =>
        Assert.Equal(EntryKeys.Actions.Select(action => action.Name), KeysOf("## Keys").Select(row => row.Key));

    [Fact]
    public void The_reference_says_which_keys_need_the_booted_system() =>
        // BootedOnlyKey takes any value: only the booted system knows what is right.
        Assert.Equal(EntryKeys.Actions.Where(action => ReferenceEquals(action.Schema, Schema.Any)).Select(action => action.Name),
            KeysOf("## Keys").Where(row => row.WorksIn == "booted").Select(row => row.Key));

    private static IEnumerable<(string Key, string WorksIn)> KeysOf(string heading)
    {
        var section = Lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        return section.Select(line => Row().Match(line)).Where(match => match.Success).Select(match => (match.Groups[1].Value, match.Groups[2].Value));
    }

    private static string Find(string path)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "KairosBoot.sln"))) return Path.Combine(at.FullName, path);
        throw new DirectoryNotFoundException("no KairosBoot.sln above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex(@"^\| `([a-z_]+)` \| ([^|]+) \|")]
    private static partial Regex Row();
}
