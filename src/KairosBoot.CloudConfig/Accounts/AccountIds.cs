namespace KairosBoot.CloudConfig;

/// <summary>
/// Chooses the ids of new accounts. An account of the image keeps its id. A declared account has the id that the config gives, else that of
/// the register, else that of its home, else the lowest free one.
/// </summary>
internal sealed class AccountIds
{
    private const int First = 1000, Last = 60000;

    private readonly AccountStore store;
    private readonly IdRegister register;
    private HomeOwners? homes;

    internal AccountIds(AccountStore store)
    {
        this.store = store;
        register = IdRegister.Read();
        if (register.MustBeRebuilt) register.Rebuild(Homes);
    }

    /// <summary>What is wrong with the register; null: nothing.</summary>
    internal string? Problem => register.Problem;

    private HomeOwners Homes => homes ??= HomeOwners.Read();

    internal void Save() => register.Save();

    /// <param name="name">Name of the user.</param>
    /// <param name="wanted">The id in the config; null: none.</param>
    /// <param name="home">Owner of an existing home; 0: none.</param>
    /// <param name="warn">Gets a sentence if another account has the id.</param>
    internal int ChooseUser(string name, int? wanted, int home, Action<string> warn) => Choose(name, wanted, home, isGroup: false, warn);

    /// <summary>As <see cref="ChooseUser"/>, for a group, without an id in the config.</summary>
    internal int ChooseGroup(string name, int home, Action<string> warn) =>
        // A home may have a group that is shared, which is not that of the user. The user can give it to any of his groups.
        Choose(name, wanted: null, IsOfDeclared(home) && store.Group.NameOf(home) is null ? home : 0, isGroup: true, warn);

    /// <summary>False: an id of the system, or none.</summary>
    internal static bool IsOfDeclared(int id) => id is >= First and <= Last;

    private int Choose(string name, int? wanted, int home, bool isGroup, Action<string> warn)
    {
        var id = wanted ?? register.Find(name)?.Id(isGroup) ?? -1;
        if (id < 0 && home > 0 && register.With(home, isGroup) is null) id = home;
        var other = id < 0 ? null : (isGroup ? store.Group : store.Passwd).NameOf(id);
        if (id < 0 || other is not null)
        {
            var free = Free(isGroup);
            if (other is not null)
            {
                var (kind, lost) = (isGroup ? "group" : "user", id.ToString());
                warn($"{name}: {kind} id {lost} belongs to {other}, so {name} has {free.ToString()}; " +
                    $"files of {kind} {lost} keep their owner");
            }
            id = free;
        }
        register.Keep(name, id, isGroup);
        return id;
    }

    private int Free(bool isGroup)
    {
        var taken = new bool[Last + 1];
        var file = isGroup ? store.Group : store.Passwd;
        file.ForEachId(2, id => Mark(taken, id));
        if (isGroup) store.Passwd.ForEachId(3, id => Mark(taken, id)); // primary groups without a row
        foreach (var row in register.Rows) Mark(taken, row.Id(isGroup));
        foreach (var row in Homes.All) Mark(taken, row.Id(isGroup));
        for (var id = First; id <= Last; id++)
            if (!taken[id]) return id;
        throw new FormatException($"{file.Path}: no id from {First.ToString()} to {Last.ToString()} is free");
    }

    private static void Mark(bool[] taken, int id)
    {
        if (id is >= First and <= Last) taken[id] = true;
    }
}
