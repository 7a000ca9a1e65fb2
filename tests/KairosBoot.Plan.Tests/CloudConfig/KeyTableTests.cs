using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan.Tests.Documents;

namespace KairosBoot.Plan.Tests;

/// <summary>The table of keys, compared with the actions of booted keys, the checks of lint and docs/cloud-config.md.</summary>
public sealed partial class KeyTableTests
{
    private static readonly string[] Lines = SourceTree.Read("docs/cloud-config.md").Split('\n');

    [Fact]
    public void The_reference_has_every_condition_in_the_order_of_the_code() =>
        Assert.Equal(EntryKeys.Conditions.Select(condition => condition.Name), KeysOf("## Conditions").Select(row => row.Key));

    [Fact]
    public void The_reference_has_every_key_in_the_order_of_the_code() =>
        Assert.Equal(EntryKeys.Actions.Select(action => action.Name), KeysOf("## Keys").Select(row => row.Key));

    [Fact]
    public void The_reference_names_the_keys_that_need_the_booted_system() =>
        Assert.Equal(EntryKeys.Actions.Where(action => action.WorksIn == KeyPlace.Booted).Select(action => action.Name),
            KeysOf("## Keys").Where(row => row.WorksIn == "booted").Select(row => row.Key));

    [Fact]
    public void Each_booted_key_of_the_table_has_an_action_and_each_action_a_row()
    {
        var actions = BootedKeys.Actions(TransferLimits.Production);
        Assert.Equal(EntryKeys.Actions.Where(key => key.WorksIn == KeyPlace.Booted).Select(key => key.Name), actions.Select(key => key.Name));
        Assert.All(actions, key => Assert.Equal(KeyPlace.Booted, key.WorksIn));
        Assert.All(actions, key => Assert.NotSame(Schema.Any, key.Schema));
    }

    [Fact]
    public void The_table_of_a_booted_system_has_the_same_keys_in_the_same_order()
    {
        var table = BootedKeys.Table(TransferLimits.Production);
        Assert.Equal(EntryKeys.Actions.Select(key => (key.Name, key.WorksIn)), table.Actions.Select(key => (key.Name, key.WorksIn)));
    }

    [Fact]
    public void Lint_checks_each_key_once_and_only_keys_of_the_table()
    {
        var checks = KeyChecks.All.Select(check => check.Key).ToList();
        Assert.Equal(checks.Distinct(), checks);
        Assert.Subset(EntryKeys.Conditions.Select(key => key.Name).Concat(EntryKeys.Actions.Select(key => key.Name)).ToHashSet(), checks.ToHashSet());
    }

    private static IEnumerable<(string Key, string WorksIn)> KeysOf(string heading)
    {
        var section = Lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        return section.Select(line => Row().Match(line)).Where(match => match.Success).Select(match => (match.Groups[1].Value, match.Groups[2].Value));
    }

    [GeneratedRegex(@"^\| `([a-z_]+)` \| ([^|]+) \|")]
    private static partial Regex Row();
}
