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
            var text = string.Format(header, names[number]) + "stages:\n  s:\n"
                + string.Concat(file.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Entry));
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

    /// <summary>
    /// Generated graphs of up to seven entries with missing names, doubled names and circles: each wait holds or is reported, and a wait
    /// that is reported would have made a circle with those that hold.
    /// </summary>
    [Fact]
    public void Every_after_holds_except_those_that_would_make_a_circle()
    {
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            problems.Clear();
            var count = random.Next(2, 8);
            var waits = Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, random.Next(0, 4)).Select(_ => random.Next(0, count + 1))
                .ToArray()).ToArray();
            var cut = random.Next(1, count);
            string Name(int i) => i == count ? "one.zzz" : $"{(i < cut ? "one" : "two")}.{(char)('a' + i)}";
            var words = Enumerable.Range(0, count).Select(i => $"{(char)('a' + i)}{string.Concat(waits[i].Select(on => "<" + Name(on)))}");
            var files = $"{string.Join(' ', words.Take(cut))} | {string.Join(' ', words.Skip(cut))}";
            var order = Sort(files);
            Assert.Equal(order, Sort(files));
            Assert.Equal(count, order.Distinct().Count());
            CheckWaits(waits, order, files, [.. problems.Take(problems.Count / 2).Select(problem => $"{problem.Entry} {problem.Reason}")]);
        }
    }

    private static void CheckWaits(int[][] waits, string order, string files, List<string> reported)
    {
        var count = waits.Length;
        var lost = new List<(int Entry, int On)>();
        var kept = new List<(int Entry, int On)>();
        for (var i = 0; i < count; i++)
        {
            foreach (var on in waits[i])
            {
                var at = reported.FindIndex(text => text[0] == 'a' + i && text.Contains(on == count ? ".zzz'" : $".{(char)('a' + on)}'"));
                if (at < 0) kept.Add((i, on));
                else if (on != i && on != count) lost.Add((i, on));
                if (at >= 0) reported.RemoveAt(at);
            }
        }
        Assert.True(reported.Count == 0, $"{files}: {string.Join("; ", reported)}");
        foreach (var (entry, on) in kept)
            Assert.True(on < count && order.IndexOf((char)('a' + on)) < order.IndexOf((char)('a' + entry)), $"{files}: {order}");
        foreach (var (entry, on) in lost) Assert.True(WaitsFor(on, entry, kept), $"{files}: {entry} can wait for {on}");
    }

    private static bool WaitsFor(int entry, int wanted, List<(int Entry, int On)> waits)
    {
        var reached = new HashSet<int> { entry };
        while (waits.Where(wait => reached.Contains(wait.Entry)).Select(wait => wait.On).Count(reached.Add) > 0) { }
        return reached.Contains(wanted);
    }

    [Fact]
    public void Many_entries_in_the_wrong_order_are_sorted_in_seconds()
    {
        var document = CloudConfigDocument.Parse("name: x", (_, _, _, _) => { });
        var entries = new List<StageEntry>();
        for (var i = 0; i < 20_000; i++)
        {
            var text = $"stages:\n  s:\n    - {{name: e{i}, after: [{{name: x.e{i + 1}}}]}}\n";
            var node = ((YamlSequence)((YamlMapping)((YamlMapping)YamlReader.Read(text, (_, _, _, _) => { })!).Find("stages")!).Find("s")!);
            entries.Add(new StageEntry(new StageFile(document, "/oem/x.yaml", 0, "s"), i, node.Items[0]));
        }
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(20_000, EntryOrder.Of(entries, problems.Add).Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }
}
