namespace KairosBoot.CloudConfig;

/// <summary>The keys of one run: <see cref="EntryKeys"/>, with what a booted system can do in place of the rows that only say that they need one.</summary>
internal sealed class EntryTable
{
    /// <summary>Of a root that has neither a network nor a package manager at work.</summary>
    internal static readonly EntryTable OfInitrd = new([]);

    /// <param name="booted">Rows for keys of the table.</param>
    internal EntryTable(IReadOnlyList<StageKey> booted)
    {
        Actions = (StageKey[])EntryKeys.Actions.Clone();
        foreach (var key in booted) Actions[Array.FindIndex(Actions, row => row.Name == key.Name)] = BootedOnlyKey.Of(key);
        var fields = new List<(string, Schema)>
        {
            ("name", Schema.Text), ("after", Schema.ListOf(Schema.Record(("name", Schema.Text)))), (EnvironmentKey.FileField, Schema.Text),
        };
        foreach (var condition in EntryKeys.Conditions) fields.Add((condition.Name, condition.Schema));
        foreach (var action in Actions) fields.Add((action.Name, action.Schema));
        Entry = Schema.Record(fields.ToArray());
    }

    /// <summary>In the order they take effect.</summary>
    internal StageKey[] Actions { get; }

    /// <summary>An entry as a whole.</summary>
    internal Schema Entry { get; }
}
