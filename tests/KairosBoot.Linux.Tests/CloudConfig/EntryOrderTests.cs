using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>Files of one directory, an entry per letter; each entry writes its letter to a log.</summary>
public sealed class EntryOrderTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    /// <summary><c>a b&lt;two.d | c d</c>: two files, one.yaml and two.yaml, whose documents have those names; b is after two.d.</summary>
    private StageReport Run(string files, string header = "name: {0}\n")
    {
        string[] names = ["one", "two", "three", "four"];
        foreach (var (file, number) in files.Split('|', StringSplitOptions.TrimEntries).Select((file, number) => (file, number)))
        {
            var entries = file.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('<')).Select(parts =>
                $"  - {{name: {parts[0]}, commands: [echo -n {parts[0]} >> /log], after: [{string.Join(", ", parts.Skip(1).Select(name => $"{{name: {name}}}"))}]}}\n");
            root.Put($"/oem/{number}.yaml", string.Format(header, names[number]) + "stages:\n  s:\n" + string.Concat(entries), "0644");
        }
        return root.Run("s", ["/oem"]);
    }

    [Theory]
    [InlineData("a b | c d", "abcd")]
    [InlineData("a b<one.a | c<two.d d", "abdc")]
    // An entry waits for one further down, and what is below both stays there.
    [InlineData("a b<two.d | c d | e", "acdbe")]
    [InlineData("a b<three.d | c | d e", "acdbe")]
    // What has no wish of its own stays behind the entry above it ...
    [InlineData("b<three.d e | | d", "dbe")]
    // ... where that can be: upstream this is a circle of its own making, and the end of its process.
    [InlineData("b<two.d e | c d", "ecdb")]
    [InlineData("p<two.q r | q", "rqp")]
    [InlineData("p<one.r r", "rp")]
    [InlineData("a b<two.d e<one.a | c d", "aecdb")]
    // Of two wishes both hold, and the rest of the order with them.
    [InlineData("a<one.c<two.d b c | d e", "bcdae")]
    [InlineData("a<two.c | b<one.a c | d", "cabd")]
    public void An_entry_runs_behind_those_its_after_names(string files, string order)
    {
        var report = Run(files);
        Assert.Empty(report.Problems);
        Assert.Equal(order, root.Read("/log"));
        Assert.Equal(order.Length, report.EntriesRun);
    }

    [Theory]
    [InlineData("a<one.zzz b", "ab", "a: no entry 'one.zzz' in this stage of this source: not waited for (this one is called one.a)")]
    [InlineData("a b<b c", "abc", "b: no entry 'b' in this stage of this source: not waited for (this one is called one.b)")]
    [InlineData("a b<one.b c", "abc", "b: 'one.b' is this entry itself: not waited for")]
    [InlineData("a b<two.d c | d<one.b", "abcd", "b: 'two.d' waits for this entry in its turn: not waited for")]
    // Only the circle is cut: what waits for one of it, and what one of it also waits for, keeps its place.
    [InlineData("a<two.c b<two.c | c<one.b d", "bcad", "b: 'two.c' waits for this entry in its turn: not waited for")]
    [InlineData("a<one.b<two.d b<one.a c | d", "cdab", "a: 'one.b' waits for this entry in its turn: not waited for")]
    public void What_cannot_be_waited_for_is_a_warning_and_the_order_of_the_files_holds(string files, string order, string warning)
    {
        var report = Run(files);
        var problem = Assert.Single(report.Problems);
        Assert.Equal(warning, $"{problem.Entry}: {problem.Reason}");
        Assert.Equal(("/oem/0.yaml", "after", true), (problem.File, problem.Key, problem.IsWarning));
        Assert.Equal(order, root.Read("/log"));
    }

    [Fact]
    public void Two_circles_are_two_warnings_with_their_lines()
    {
        var report = Run("a<one.b b<one.a c<one.d d<one.e e<one.c f");
        Assert.Equal("abcedf", root.Read("/log"));
        Assert.Equal([(4, "a"), (6, "c")], report.Problems.Select(p => (p.Line, p.Entry)));
    }

    [Theory]
    [InlineData("{0}", "a b<two.d | c d", "acdb", "name: ")]
    [InlineData("{0}", "a b</oem/1.yaml.d | c d", "acdb", "")]
    public void A_file_is_called_by_its_name_or_its_path(string title, string files, string order, string key)
    {
        Assert.Empty(Run(files, key.Length == 0 ? "" : key + title + "\n").Problems);
        Assert.Equal(order, root.Read("/log"));
    }

    [Fact]
    public void Entries_that_share_a_name_or_have_none_are_called_by_their_number_too()
    {
        root.Put("/oem/0.yaml", "stages: {s: [{after: [{name: /oem/2.yaml.0}], commands: [echo -n a >> /log]}]}", "0644");
        root.Put("/oem/1.yaml", "name: one\nstages: {s: [{name: x, after: [{name: one.x.1}], commands: [echo -n b >> /log]}, {name: x, commands: [echo -n c >> /log], after: [{name: three.y}]}]}", "0644");
        root.Put("/oem/2.yaml", "#cloud-config\nname: not counted\nstages: {s: [{commands: [echo -n d >> /log]}]}", "0644");
        root.Put("/oem/3.yaml", "name: three\nstages: {s: [{name: y, commands: [echo -n e >> /log]}]}", "0644");
        // The second document of the same name: three.y is the first one's, this is three.y.1.
        root.Put("/oem/4.yaml", "name: three\nstages: {s: [{name: y, commands: [echo -n f >> /log]}]}", "0644");
        root.Put("/oem/5.yaml", "name: five\nstages: {s: [{name: z, after: [{name: three.y.1}], commands: [echo -n g >> /log]}]}", "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.Equal("daecbfg", root.Read("/log"));
    }

    [Fact]
    public void Another_source_and_another_pass_are_out_of_reach_and_a_skipped_entry_holds_nothing_up()
    {
        root.Put("/other/0.yaml", "name: other\nstages: {s.before: [{name: y}], s: [{name: x, commands: [echo -n x >> /log]}]}", "0644");
        root.Put("/oem/0.yaml", "name: one\nstages: {s: [{name: a, after: [{name: other.x}, {name: other.y}], commands: [echo -n a >> /log]}, {name: b, after: [{name: one.c}], commands: [echo -n b >> /log]}, {name: c, if: 'false', commands: [echo -n c >> /log]}]}", "0644");
        var report = root.Run("s", ["/oem", "/other"]);
        Assert.Equal("abx", root.Read("/log"));
        Assert.Equal(["other.x", "other.y"], report.Problems.Select(p => p.Reason.Split('\'')[1]));
    }

    [Theory]
    [InlineData("after: text")]
    [InlineData("after: [one.b]")]
    [InlineData("after: [{nam: one.b}]")]
    public void An_after_of_the_wrong_form_is_a_problem_of_its_entry_alone(string after)
    {
        root.Put("/oem/0.yaml", $"name: one\nstages: {{s: [{{name: a, {after}, commands: [echo -n a >> /log]}}, {{name: b, commands: [echo -n b >> /log]}}]}}", "0644");
        Assert.Equal("a", Assert.Single(root.Run("s", ["/oem"]).Problems).Entry);
        Assert.Equal("ab", root.Read("/log"));
    }
}
