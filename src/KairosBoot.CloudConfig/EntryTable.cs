namespace KairosBoot.CloudConfig;

/// <summary>The keys of one run: the rows of <see cref="EntryKeys"/>, with the actions of booted keys where they are available.</summary>
internal sealed class EntryTable
{
    /// <summary>Without the actions of booted keys.</summary>
    internal static readonly EntryTable OfInitrd = new([]);

    /// <param name="booted">The booted keys with their schemas and actions. Each replaces the row of its name.</param>
    internal EntryTable(IReadOnlyList<StageKey> booted)
    {
        Actions = (StageKey[])EntryKeys.Actions.Clone();
        foreach (var key in booted) Actions[Array.FindIndex(Actions, row => row.Name == key.Name)] = key;
        var fields = new List<(string, Schema)>
        {
            ("name", Schema.Text),
            ("after", Schema.ListOf(Schema.Record(("name", Schema.Text)))),
            (EnvironmentKey.FileField, Schema.Text),
        };
        foreach (var condition in EntryKeys.Conditions) fields.Add((condition.Name, condition.Schema));
        foreach (var action in Actions) fields.Add((action.Name, action.Schema));
        Entry = Schema.Record(fields.ToArray());
    }

    /// <summary>In the order in which they take effect.</summary>
    internal StageKey[] Actions { get; }

    /// <summary>The schema of an entry.</summary>
    internal Schema Entry { get; }
}
