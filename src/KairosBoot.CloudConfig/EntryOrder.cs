namespace KairosBoot.CloudConfig;

/// <summary>
/// The order of the entries of one source: the order of the files, with each entry moved after the entries that its <c>after</c> names. An
/// entry without <c>after</c> stays after the entry above it and after the file above, if possible. A name in <c>after</c> that cannot be
/// satisfied is a warning and is ignored; all others hold.
/// </summary>
internal sealed class EntryOrder
{
    private sealed class Wait(int on, YamlNode at)
    {
        internal readonly int On = on;
        internal readonly YamlNode At = at;
        internal bool IsCircular;
    }

    internal const string Key = "after";

    private readonly IReadOnlyList<StageEntry> entries;
    private readonly Action<StageProblem> report;
    private readonly List<Wait>[] waits;
    // The entries that wait for an entry.
    private readonly List<int>[] followers;
    private readonly int[] unmet, freeLeft;
    private readonly bool[] placed;

    private EntryOrder(IReadOnlyList<StageEntry> entries, Action<StageProblem> report)
    {
        this.entries = entries;
        this.report = report;
        waits = new List<Wait>[entries.Count];
        followers = new List<int>[entries.Count];
        for (var i = 0; i < entries.Count; i++) followers[i] = [];
        unmet = new int[entries.Count];
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

    /// <summary>Reports the waits that are impossible among these entries. A name of another file is not known here.</summary>
    internal static void Check(IEnumerable<StageEntry> entries, Action<StageProblem> report)
    {
        foreach (var entry in entries)
        {
            if (After(entry).Count == 0) continue;
            var order = new EntryOrder([.. entries], report);
            order.FindWaits(isComplete: false);
            order.AddWaits();
            order.ReportCircles();
            return;
        }
    }

    private static readonly List<YamlMapping> None = [];

    private static List<YamlMapping> After(StageEntry entry) =>
        (entry.Node as YamlMapping)?.Find(Key) is { } after ? [.. YamlMapping.MappingsOf(after)] : None;

    private List<StageEntry> Sort()
    {
        FindWaits(isComplete: true);
        AddWaits();
        ReportCircles();
        for (var i = 0; i < entries.Count; i++)
            if (IsFree(i)) freeLeft[entries[i].FileNumber]++;
        var order = new List<StageEntry>(entries.Count);
        var first = 0;
        while (order.Count < entries.Count)
        {
            while (placed[first]) first++;
            var next = NextReady(first);
            placed[next] = true;
            if (IsFree(next)) freeLeft[entries[next].FileNumber]--;
            foreach (var follower in followers[next]) unmet[follower]--;
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

    /// <summary>The first entry that can be next and is after the others; if there is none, the first that can be next.</summary>
    private int NextReady(int first)
    {
        var ready = -1;
        for (var i = first; i < entries.Count; i++)
        {
            if (placed[i] || unmet[i] > 0) continue;
            if (IsAfterTheOthers(i)) return i;
            if (ready < 0) ready = i;
        }
        return ready;
    }

    private void FindWaits(bool isComplete)
    {
        var numbers = Numbers();
        for (var i = 0; i < entries.Count; i++)
        {
            waits[i] = [];
            foreach (var item in After(entries[i]))
            {
                if (item.Text("name") is not { Length: > 0 } name) continue;
                if (!numbers.TryGetValue(name, out var on) && !isComplete) continue;
                if (!numbers.ContainsKey(name))
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

    /// <summary>
    /// Adds the waits one by one, except those that would close a circle, so each wait that is left out is impossible. The last entry comes
    /// first: the first entry of a circle is the one that does not wait.
    /// </summary>
    private void AddWaits()
    {
        var seen = new int[entries.Count];
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            // Marks all entries that wait for this one, also through others.
            if (waits[i].Count > 0) MarkFollowers(i, seen);
            foreach (var wait in waits[i])
            {
                wait.IsCircular = seen[wait.On] == i + 1;
                if (!wait.IsCircular) followers[wait.On].Add(i);
            }
        }
    }

    private void MarkFollowers(int entry, int[] seen)
    {
        var pending = new Stack<int>();
        pending.Push(entry);
        while (pending.TryPop(out var at))
        {
            foreach (var follower in followers[at])
            {
                if (seen[follower] == entry + 1) continue;
                seen[follower] = entry + 1;
                pending.Push(follower);
            }
        }
    }

    private void ReportCircles()
    {
        for (var i = 0; i < entries.Count; i++)
        {
            foreach (var wait in waits[i])
                if (wait.IsCircular) Warn(i, wait.At, $"'{entries[wait.On].FullName}' also waits for this entry: circular order; ignored");
            waits[i].RemoveAll(wait => wait.IsCircular);
            unmet[i] = waits[i].Count;
        }
    }

    private void Warn(int i, YamlNode at, string reason) =>
        report(new StageProblem(entries[i].File, at.Line, entries[i].Name, Key, reason) { IsWarning = true });
}
