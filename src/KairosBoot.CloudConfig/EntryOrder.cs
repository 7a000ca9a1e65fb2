namespace KairosBoot.CloudConfig;

/// <summary>
/// The order of the entries of one source: the order of the files, with each entry moved after the entries that its <c>after</c> names. An
/// entry without <c>after</c> stays after the entry above it and after the file above, if possible. An <c>after</c> that cannot be
/// satisfied is a warning and is ignored.
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
    /// <param name="report">Gets a warning for each name that is ignored.</param>
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
            var next = NextReady(first, IsAfterTheOthers) ?? NextReady(first, _ => true)!.Value;
            placed[next] = true;
            if (IsFree(next)) freeLeft[entries[next].FileNumber]--;
            order.Add(entries[next]);
        }
        return order;
    }

    private bool IsFree(int i) => waits[i].Count == 0;

    private bool IsAfterTheOthers(int i)
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
                    Warn(i, item, $"no entry '{name}' in this stage and source; ignored (the name of this entry is {entries[i].FullName})");
                else if (on == i) Warn(i, item, $"'{name}' is the entry itself; ignored");
                else waits[i].Add(new Wait(on, item));
            }
        }
    }

    /// <summary>If several entries have the same name, the first keeps it and the others become NAME.1, NAME.2.</summary>
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

    /// <summary>Index in <see cref="waits"/>; -1: all waits are met.</summary>
    private int FirstUnmet(int i) => waits[i].FindIndex(wait => !placed[wait.On]);

    private int Awaited(int i) => waits[i][FirstUnmet(i)].On;

    /// <summary>Removes entries whose waits are met until none is left. If every remaining entry waits, some of them form a circle, which is cut.</summary>
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

    /// <summary>Follows the waits from <paramref name="first"/> into a circle and removes one wait of the first entry of that circle.</summary>
    private void CutCircle(int first)
    {
        var seen = new bool[entries.Count];
        var at = first;
        for (; !seen[at]; at = Awaited(at)) seen[at] = true;
        var cutEntry = at;
        for (var i = Awaited(at); i != at; i = Awaited(i)) cutEntry = Math.Min(cutEntry, i);
        var cut = FirstUnmet(cutEntry);
        Warn(cutEntry, waits[cutEntry][cut].At, $"'{entries[waits[cutEntry][cut].On].FullName}' also waits for this entry: circular order; ignored");
        waits[cutEntry].RemoveAt(cut);
    }

    private void Warn(int i, YamlNode at, string reason) =>
        report(new StageProblem(entries[i].File, at.Line, entries[i].Name, "after", reason) { IsWarning = true });
}
