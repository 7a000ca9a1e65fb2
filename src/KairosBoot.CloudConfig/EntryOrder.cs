namespace KairosBoot.CloudConfig;

/// <summary>
/// The order of the entries of one source. It is that of the files, with every entry behind those that its <c>after</c> names. One without an
/// <c>after</c> stays behind the entry above it and behind those of the file above, where that can be. What is named and cannot be
/// waited for is a warning, and the order of the files holds.
/// </summary>
internal sealed class EntryOrder
{
    private sealed class Wait(int on, YamlNode at)
    {
        internal readonly int On = on;
        internal readonly YamlNode At = at;
    }

    private readonly IReadOnlyList<StageEntry> entries;
    private readonly Action<StageProblem> report;
    private readonly List<Wait>[] waits;
    private bool[] placed;
    private readonly int[] freeLeft;

    private EntryOrder(IReadOnlyList<StageEntry> entries, Action<StageProblem> report)
    {
        this.entries = entries;
        this.report = report;
        waits = new List<Wait>[entries.Count];
        placed = new bool[entries.Count];
        freeLeft = new int[entries[^1].FileNumber + 1];
    }

    /// <param name="entries">In the order of the files.</param>
    /// <param name="report">Gets a warning for each name that is not waited for.</param>
    internal static IReadOnlyList<StageEntry> Of(IReadOnlyList<StageEntry> entries, Action<StageProblem> report)
    {
        foreach (var entry in entries)
            if (After(entry).Count > 0) return new EntryOrder(entries, report).Sort();
        return entries;
    }

    private static IReadOnlyList<YamlMapping> After(StageEntry entry) => YamlMapping.MappingsOf((entry.Node as YamlMapping)?.Find("after"));

    private List<StageEntry> Sort()
    {
        FindWaits();
        CutCircles();
        for (var i = 0; i < entries.Count; i++)
            if (IsFree(i)) freeLeft[entries[i].FileNumber]++;
        var order = new List<StageEntry>(entries.Count);
        var first = 0;
        while (order.Count < entries.Count)
        {
            while (placed[first]) first++;
            var next = NextReady(first, IsBehindTheOthers) ?? NextReady(first, _ => true)!.Value;
            placed[next] = true;
            if (IsFree(next)) freeLeft[entries[next].FileNumber]--;
            order.Add(entries[next]);
        }
        return order;
    }

    private bool IsFree(int i) => waits[i].Count == 0;

    private bool IsBehindTheOthers(int i)
    {
        var (file, number) = (entries[i].FileNumber, entries[i].Number);
        return (file == 0 || freeLeft[file - 1] == 0) && (number == 0 || !IsFree(i) || placed[i - 1]);
    }

    private void FindWaits()
    {
        var numbers = Numbers();
        for (var i = 0; i < entries.Count; i++)
        {
            waits[i] = [];
            foreach (var item in After(entries[i]))
            {
                if (item.Text("name") is not { Length: > 0 } name) continue;
                if (!numbers.TryGetValue(name, out var on))
                    Warn(i, item, $"no entry '{name}' in this stage of this source: not waited for (this one is called {entries[i].FullName})");
                else if (on == i) Warn(i, item, $"'{name}' is this entry itself: not waited for");
                else waits[i].Add(new Wait(on, item));
            }
        }
    }

    /// <summary>Of entries with the same name the first keeps it, the others are NAME.1, NAME.2.</summary>
    private Dictionary<string, int> Numbers()
    {
        var numbers = new Dictionary<string, int>();
        for (var i = 0; i < entries.Count; i++)
            for (var n = 0; !numbers.TryAdd(n == 0 ? entries[i].FullName : $"{entries[i].FullName}.{n}", i); n++) { }
        return numbers;
    }

    private int? NextReady(int first, Func<int, bool> suits)
    {
        for (var i = first; i < entries.Count; i++)
            if (!placed[i] && FirstUnmet(i) < 0 && suits(i)) return i;
        return null;
    }

    /// <summary>Index in <see cref="waits"/>; -1 where there is none.</summary>
    private int FirstUnmet(int i) => waits[i].FindIndex(wait => !placed[wait.On]);

    private int Awaited(int i) => waits[i][FirstUnmet(i)].On;

    /// <summary>What nothing is in the way of is taken out, until nothing is left; where all that is left waits, it does so around a circle.</summary>
    private void CutCircles()
    {
        var first = 0;
        for (var left = entries.Count; left > 0;)
        {
            while (placed[first]) first++;
            if (NextReady(first, _ => true) is { } ready)
            {
                placed[ready] = true;
                left--;
            }
            else
            {
                CutCircle(first);
            }
        }
        placed = new bool[entries.Count];
    }

    /// <summary>The circle that the first of them leads to; its own first entry gives way.</summary>
    private void CutCircle(int first)
    {
        var seen = new bool[entries.Count];
        var at = first;
        for (; !seen[at]; at = Awaited(at)) seen[at] = true;
        var gives = at;
        for (var i = Awaited(at); i != at; i = Awaited(i)) gives = Math.Min(gives, i);
        var cut = FirstUnmet(gives);
        Warn(gives, waits[gives][cut].At, $"'{entries[waits[gives][cut].On].FullName}' waits for this entry in its turn: not waited for");
        waits[gives].RemoveAt(cut);
    }

    private void Warn(int i, YamlNode at, string reason) =>
        report(new StageProblem(entries[i].File, at.Line, entries[i].Name, "after", reason) { IsWarning = true });
}
