namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>The order in which entries run. Each entry appends a letter to a log.</summary>
public sealed class EntryOrderRunTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void A_shared_or_missing_name_gets_the_number_of_the_entry()
    {
        root.Put("/oem/0.yaml", "stages: {s: [{after: [{name: /oem/2.yaml.0}], commands: [echo -n a >> /log]}]}", "0644");
        root.Put("/oem/1.yaml",
            "name: one\nstages: {s: [{name: x, after: [{name: one.x.1}], commands: [echo -n b >> /log]}, {name: x, commands: [echo -n c " +
            ">> /log], after: [{name: three.y}]}]}", "0644");
        root.Put("/oem/2.yaml", "#cloud-config\nname: not counted\nstages: {s: [{commands: [echo -n d >> /log]}]}", "0644");
        root.Put("/oem/3.yaml", "name: three\nstages: {s: [{name: y, commands: [echo -n e >> /log]}]}", "0644");
        // The second document of this name: three.y is the entry of the first one, three.y.1 is this entry.
        root.Put("/oem/4.yaml", "name: three\nstages: {s: [{name: y, commands: [echo -n f >> /log]}]}", "0644");
        root.Put("/oem/5.yaml", "name: five\nstages: {s: [{name: z, after: [{name: three.y.1}], commands: [echo -n g >> /log]}]}", "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.Equal("daecbfg", root.Read("/log"));
    }

    [Fact]
    public void After_works_within_a_source_and_a_pass_and_counts_skipped_entries()
    {
        root.Put("/other/0.yaml", "name: other\nstages: {s.before: [{name: y}], s: [{name: x, commands: [echo -n x >> /log]}]}", "0644");
        root.Put("/oem/0.yaml",
            "name: one\nstages: {s: [{name: a, after: [{name: other.x}, {name: other.y}], commands: [echo -n a >> /log]}, {name: b, " +
            "after: [{name: one.c}], commands: [echo -n b >> /log]}, {name: c, if: 'false', commands: [echo -n c >> /log]}]}", "0644");
        var report = root.Run("s", ["/oem", "/other"]);
        Assert.Equal("abx", root.Read("/log"));
        Assert.Equal(["other.x", "other.y"], report.Problems.Select(p => p.Reason.Split('\'')[1]));
    }

    [Theory]
    [InlineData("after: text")]
    [InlineData("after: [one.b]")]
    [InlineData("after: [{nam: one.b}]")]
    public void An_invalid_after_is_a_problem_of_its_entry_only(string after)
    {
        root.Put("/oem/0.yaml",
            $"name: one\nstages: {{s: [{{name: a, {after}, commands: [echo -n a >> /log]}}, {{name: b, commands: [echo -n b >> /log]}}]}}",
            "0644");
        Assert.Equal("a", Assert.Single(root.Run("s", ["/oem"]).Problems).Entry);
        Assert.Equal("ab", root.Read("/log"));
    }

    [Theory]
    [InlineData("s.before", "commands: ['{0}']")]
    [InlineData("s.before", "if: '{0}; false'")]
    [InlineData("s", "commands: ['{0}']")]
    [InlineData("s", "if: '{0}; false'")]
    public void A_pass_finds_what_an_entry_or_a_condition_before_it_has_written(string pass, string key)
    {
        key = key.Replace("{0}", "cp /new /oem/1.yaml");
        root.Put("/new", "stages: {s.after: [{commands: [echo -n after >> /log]}]}", "0644");
        root.Put("/oem/0.yaml", $"stages: {{{pass}: [{{{key}}}]}}", "0644");
        Assert.Empty(root.Run("s", ["/oem"]).Problems);
        Assert.Equal("after", root.Read("/log"));
    }

    [Fact]
    public void A_source_finds_what_an_entry_of_the_source_before_it_has_written()
    {
        root.Put("/new", "stages: {s: [{commands: [echo -n new >> /log]}]}", "0644");
        root.Put("/oem/0.yaml", "stages: {s: [{commands: [cp /new /other/1.yaml]}]}", "0644");
        root.Put("/other/0.yaml", "stages: {s: [{commands: [echo -n old >> /log]}]}", "0644");
        Assert.Empty(root.Run("s", ["/oem", "/other"]).Problems);
        Assert.Equal("oldnew", root.Read("/log"));
    }
}
