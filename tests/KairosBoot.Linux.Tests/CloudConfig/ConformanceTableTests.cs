using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

public sealed class ConformanceTableTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public ConformanceTableTests()
    {
        foreach (var tool in new[] { "modprobe", "systemctl", "systemd-firstboot" })
            root.Put("/usr/bin/" + tool, $"#!/bin/sh\necho {tool} \"$@\" >> /log\n", "0755");
        Directory.CreateDirectory(root.At("/etc/systemd"));
        root.Put("/proc/sys/net/ipv4/ip_forward", "0", "0644");
        root.Put("/seed", "stages: {}", "0644");
    }

    public void Dispose() => root.Dispose();

    public static TheoryData<string, int> Rows(string table)
    {
        var rows = new TheoryData<string, int>();
        for (var i = 0; i < Table(table).Length; i++) rows.Add(table, i);
        return rows;
    }

    private static ConformanceCase[] Table(string name) => name switch
    {
        "conditions" => ConformanceTable.Conditions,
        "actions" => ConformanceTable.Actions,
        _ => ConformanceTable.Documents,
    };

    [Theory]
    [MemberData(nameof(Rows), "conditions")]
    [MemberData(nameof(Rows), "actions")]
    [MemberData(nameof(Rows), "documents")]
    public void Each_case_has_the_expected_result(string table, int row)
    {
        var wanted = Table(table)[row];
        var report = root.Run(table == "documents" ? wanted.Entry : "stages:\n  initramfs:\n  - name: e\n    "
            + wanted.Entry.Replace("\n", "\n    ") + "\n");
        var problems = report.Problems.Select(problem => problem.Key).ToList();
        foreach (var line in wanted.Expected.Split('\n')) Hold(line, problems, wanted);
        Assert.True(problems.Count == 0, $"{wanted}\nalso says: {string.Join("; ", report.Problems)}");
    }

    private void Hold(string line, List<string> problems, ConformanceCase wanted)
    {
        var cut = line.IndexOf(' ');
        var (first, rest) = (line[..cut], line[(cut + 1)..]);
        if (first == "no") Assert.False(root.Has(rest), $"{wanted}\n{rest} exists");
        else if (first == "problem")
            Assert.True(problems.Remove(rest), $"{wanted}\nno problem with '{rest}', but: {string.Join(", ", problems)}");
        else if (rest.Length > 6 && rest[..4].All(char.IsAsciiDigit) && rest.Contains(':')) Assert.Equal(rest, root.ModeAndOwner(first));
        else Assert.Equal(rest, root.Read(first).TrimEnd('\n').Replace('\n', '|'));
    }

    [Fact]
    public void Every_key_of_an_entry_has_a_case_and_every_case_a_key()
    {
        Assert.Equal(EntryKeys.Conditions.Select(key => key.Name).Order(),
            ConformanceTable.Conditions.Select(row => row.Key).Distinct().Order());
        Assert.Equal(EntryKeys.Actions.Select(key => key.Name).Order(), ConformanceTable.Actions.Select(row => row.Key).Distinct().Order());
    }

    [Fact]
    public void Each_condition_has_a_case_that_runs_and_one_that_is_skipped()
    {
        foreach (var rows in ConformanceTable.Conditions.GroupBy(row => row.Key))
            Assert.Equal(2, rows.Select(row => row.Expected).Distinct().Count());
    }

    [Fact]
    public void Sources_and_passes_run_in_this_order()
    {
        static string Says(string name) =>
            $"stages: {{s.before: [{{commands: [echo -n {name}- >> " +
            $"/log]}}], s: [{{commands: [echo -n {name}' ' >> /log]}}], s.after: [{{commands: [echo -n {name}+ >> /log]}}]}}";
        root.Put("/usr/local/cloud-config/01.yaml", Says("local"), "0644");
        root.Put("/oem/01.yaml", Says("oem"), "0644");
        root.Put("/system/oem/99.yaml", Says("system"), "0644");
        root.Put("/srv/named", Says("named"), "0644");
        Assert.Empty(root.Run("s", SystemPaths.CloudConfigs,
            commandLine: "kairos.config_url=/srv/named rd.lvm=0 stages.s[0].commands[0]='echo -n said >> /log'").Problems);
        Assert.Equal("system-oem-local-system oem local system+oem+local+named-named named+said", root.Read("/log"));
    }

    [Fact]
    public void The_keys_take_effect_in_this_order() => Assert.Equal(
        "dns downloads git ensure_entities directories files commands delete_entities hostname sysctl users authorized_keys modules " +
            "timesyncd systemctl " +
        "environment systemd_firstboot datasource layout package_pins packages unpack_images",
        string.Join(' ', EntryKeys.Actions.Select(key => key.Name)));
}
