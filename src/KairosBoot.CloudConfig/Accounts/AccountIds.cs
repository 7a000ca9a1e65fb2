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
    internal int ChooseUser(string name, int? wanted, int home, Action<string> warn)
    {
        var registered = register.Find(name)?.Uid ?? -1;
        if (registered < 0 && home > 0 && register.UserWith(home) is null) registered = home;
        var id = wanted ?? registered;
        if (id >= 0 && store.Passwd.NameOf(id) is { } other)
        {
            var free = FreeUser();
            warn($"{name}: user id {id.ToString()} belongs to {other}, so {name} has {free.ToString()}; files of user " +
                $"{id.ToString()} keep their owner");
            id = free;
        }
        if (id < 0) id = FreeUser();
        register.KeepUser(name, id);
        return id;
    }

    /// <summary>As <see cref="ChooseUser"/>, for a group, without an id in the config.</summary>
    internal int ChooseGroup(string name, int home, Action<string> warn)
    {
        var id = register.Find(name)?.Gid ?? -1;
        if (id < 0 && home > 0 && register.GroupWith(home) is null && store.Group.NameOf(home) is null) id = home;
        if (id >= 0 && store.Group.NameOf(id) is { } other)
        {
            var free = FreeGroup();
            warn($"{name}: group id {id.ToString()} belongs to {other}, so {name} has {free.ToString()}; files of group {id.ToString()} " +
                "keep their group");
            id = free;
        }
        if (id < 0) id = FreeGroup();
        register.KeepGroup(name, id);
        return id;
    }

    /// <summary>A user or group that the config declares with an id.</summary>
    internal void KeepGroup(string name, int id) => register.KeepGroup(name, id);

    private int FreeUser()
    {
        var taken = new bool[Last + 1];
        store.Passwd.ForEachId(2, id => Mark(taken, id));
        foreach (var row in register.Rows) Mark(taken, row.Uid);
        foreach (var row in Homes.All) Mark(taken, row.Uid);
        return FirstFree(taken, AccountFile.Passwd);
    }

    private int FreeGroup()
    {
        var taken = new bool[Last + 1];
        store.Group.ForEachId(2, id => Mark(taken, id));
        store.Passwd.ForEachId(3, id => Mark(taken, id)); // primary groups without a row
        foreach (var row in register.Rows) Mark(taken, row.Gid);
        foreach (var row in Homes.All) Mark(taken, row.Gid);
        return FirstFree(taken, AccountFile.Group);
    }

    private static void Mark(bool[] taken, int id)
    {
        if (id is >= First and <= Last) taken[id] = true;
    }

    private static int FirstFree(bool[] taken, string path)
    {
        for (var id = First; id <= Last; id++)
            if (!taken[id]) return id;
        throw new FormatException($"{path}: no id from {First.ToString()} to {Last.ToString()} is free");
    }
}
