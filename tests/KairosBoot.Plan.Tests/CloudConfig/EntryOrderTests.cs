using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

/// <summary>The order of entries in files of one directory. The name of an entry is a letter.</summary>
public sealed class EntryOrderTests
{
    private readonly List<StageProblem> problems = [];

    /// <summary><c>a b&lt;two.d | c d</c>: two documents with the names one and two. b is after two.d.</summary>
    private string Sort(string files, string header = "name: {0}\n")
    {
        string[] names = ["one", "two", "three", "four"];
        var entries = new List<StageEntry>();
        foreach (var (file, number) in files.Split('|', StringSplitOptions.TrimEntries).Select((file, number) => (file, number)))
        {
            var text = string.Format(header, names[number]) + "stages:\n  s:\n" + string.Concat(file.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Entry));
            entries.AddRange(CloudConfigDocument.Parse(text, (_, _, _, _) => { }).Entries("s", $"/oem/{number}.yaml", number));
        }
        return string.Concat(EntryOrder.Of(entries, problems.Add).Select(entry => entry.Name));
    }

    private static string Entry(string text)
    {
        var parts = text.Split('<');
        return $"  - {{name: {parts[0]}, after: [{string.Join(", ", parts.Skip(1).Select(name => $"{{name: {name}}}"))}]}}\n";
    }

    [Theory]
    [InlineData("a b | c d", "abcd")]
    [InlineData("a b<one.a | c<two.d d", "abdc")]
    // An entry waits for one further down. The entries below both stay below.
    [InlineData("a b<two.d | c d | e", "acdbe")]
    [InlineData("a b<three.d | c | d e", "acdbe")]
    // An entry without an after stays after the entry above it ...
    [InlineData("b<three.d e | | d", "dbe")]
    // ... if possible. Upstream treats this as a circle and exits.
    [InlineData("b<two.d e | c d", "ecdb")]
    [InlineData("p<two.q r | q", "rqp")]
    [InlineData("p<one.r r", "rp")]
    [InlineData("a b<two.d e<one.a | c d", "aecdb")]
    // Several afters all hold, and the rest of the order is kept.
    [InlineData("a<one.c<two.d b c | d e", "bcdae")]
    [InlineData("a<two.c | b<one.a c | d", "cabd")]
    public void An_entry_comes_after_the_entries_that_its_after_names(string files, string order)
    {
        Assert.Equal(order, Sort(files));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("a<one.zzz b", "ab", "a: no entry 'one.zzz' in this stage and source; ignored (the name of this entry is one.a)")]
    [InlineData("a b<b c", "abc", "b: no entry 'b' in this stage and source; ignored (the name of this entry is one.b)")]
    [InlineData("a b<one.b c", "abc", "b: 'one.b' is the entry itself; ignored")]
    [InlineData("a b<two.d c | d<one.b", "abcd", "b: 'two.d' also waits for this entry: circular order; ignored")]
    // Only the circle is cut. The other waits of its entries hold.
    [InlineData("a<two.c b<two.c | c<one.b d", "bcad", "b: 'two.c' also waits for this entry: circular order; ignored")]
    [InlineData("a<one.b<two.d b<one.a c | d", "cdab", "a: 'one.b' also waits for this entry: circular order; ignored")]
    public void An_impossible_after_is_a_warning_and_the_file_order_holds(string files, string order, string warning)
    {
        Assert.Equal(order, Sort(files));
        var problem = Assert.Single(problems);
        Assert.Equal(warning, $"{problem.Entry}: {problem.Reason}");
        Assert.Equal(("/oem/0.yaml", "after", true), (problem.File, problem.Key, problem.IsWarning));
    }

    [Fact]
    public void Two_circles_give_two_warnings_with_their_lines()
    {
        Assert.Equal("abcedf", Sort("a<one.b b<one.a c<one.d d<one.e e<one.c f"));
        Assert.Equal([(4, "a"), (6, "c")], problems.Select(p => (p.Line, p.Entry)));
    }

    [Theory]
    [InlineData("a b<two.d | c d", "acdb", "name: {0}\n")]
    [InlineData("a b</oem/1.yaml.d | c d", "acdb", "")]
    public void A_file_has_the_name_of_its_document_or_its_path(string files, string order, string header)
    {
        Assert.Equal(order, Sort(files, header));
        Assert.Empty(problems);
    }
}
