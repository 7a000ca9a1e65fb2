using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The ids of declared accounts, on COS_PERSISTENT: lines of <c>name:uid:gid</c>, an id may be empty. A name keeps its ids after its
/// account was removed, so that no other account gets its files. Without COS_PERSISTENT nothing is read or kept.
/// </summary>
internal sealed class IdRegister
{
    // linux/magic.h: file systems that lose their content at a reboot.
    private const uint TMPFS_MAGIC = 0x01021994, RAMFS_MAGIC = 0x858458F6, OVERLAYFS_SUPER_MAGIC = 0x794C7630;

    // More names than there are ids for new accounts.
    private const int MaxRows = 65_536;

    private readonly List<IdRow> rows = [];
    // By the name, and by the ids: a damaged register can be long.
    private readonly Dictionary<string, IdRow> byKey = [];
    private bool lasts, isChanged;

    internal IReadOnlyList<IdRow> Rows => rows;
    internal bool MustBeRebuilt { get; private set; }
    internal string? Problem { get; private set; }

    internal static IdRegister Read()
    {
        var register = new IdRegister();
        try
        {
            register.lasts = IsLasting();
            if (!register.lasts) return register;
            using var place = Directories.Walker.TryPlace(SystemPaths.AccountIds);
            var content = place?.TryReadText(ReadLimit.AccountIds);
            register.MustBeRebuilt = content is null || !register.Parse(content);
            if (content is not null && register.MustBeRebuilt)
                register.Problem = Damaged("a line is not NAME:UID:GID, or an id is there twice");
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            register.MustBeRebuilt = register.lasts;
            register.Problem = Damaged(StageProblem.ReasonOf(e));
        }
        return register;
    }

    private static string Damaged(string reason) => $"{SystemPaths.AccountIds} is damaged and was rebuilt from the homes: {reason}";

    /// <summary>False: a line is not valid. The others are in <see cref="Rows"/>.</summary>
    private bool Parse(string text)
    {
        var isValid = text.Length == 0 || text[^1] == '\n';
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0) continue;
            var fields = line.Split(':');
            if (fields.Length != 3 || !TryId(fields[1], out var uid) || !TryId(fields[2], out var gid) || !Add(fields[0], uid, gid))
                isValid = false;
        }
        return isValid;
    }

    private static bool TryId(string text, out int id)
    {
        if (text.Length > 0) return int.TryParse(text, out id) && id >= 0;
        id = -1;
        return true;
    }

    private bool Add(string name, int uid, int gid)
    {
        if (rows.Count == MaxRows || !IsName(name) || Find(name) is not null || uid >= 0 && With(uid, isGroup: false) is not null
            || gid >= 0 && With(gid, isGroup: true) is not null)
        {
            return false;
        }
        Index(new IdRow(name, uid, gid));
        return true;
    }

    /// <summary>False: no account has this name, and a line of the register cannot have it.</summary>
    private static bool IsName(string name)
    {
        foreach (var c in name)
            if (char.IsControl(c) || char.IsSurrogate(c)) return false;
        return AccountFile.IsName(name);
    }

    private void Index(IdRow row)
    {
        rows.Add(row);
        byKey.Add(row.Name, row);
        if (row.Uid >= 0) byKey[Key(row.Uid, isGroup: false)] = row;
        if (row.Gid >= 0) byKey[Key(row.Gid, isGroup: true)] = row;
    }

    // No name has a colon.
    private static string Key(int id, bool isGroup) => (isGroup ? ":g" : ":u") + id.ToString();

    /// <summary>The names of homes with their owners, then the lines of a damaged register that do not contradict them.</summary>
    internal void Rebuild(HomeOwners owners)
    {
        List<IdRow> before = [.. rows];
        rows.Clear();
        byKey.Clear();
        for (var i = 0; i < owners.Homes; i++)
        {
            var home = owners.All[i];
            if (home.Uid > 0 && !Add(home.Name, home.Uid, AccountIds.IsOfDeclared(home.Gid) ? home.Gid : -1)) Add(home.Name, home.Uid, -1);
        }
        // Room for the names to come.
        foreach (var row in before)
            if (rows.Count < MaxRows / 2) Add(row.Name, row.Uid, row.Gid);
        isChanged = rows.Count > 0 || Problem is not null;
    }

    internal IdRow? Find(string name) => byKey.GetValueOrDefault(name);

    /// <summary>The name that has the id; null: none.</summary>
    internal IdRow? With(int id, bool isGroup) => byKey.GetValueOrDefault(Key(id, isGroup));

    internal void Keep(string name, int id, bool isGroup)
    {
        var row = Find(name);
        if (row is null) Index(row = new IdRow(name, -1, -1));
        if (row.Id(isGroup) == id) return;
        With(id, isGroup)?.Set(-1, isGroup);
        if (row.Id(isGroup) >= 0) byKey.Remove(Key(row.Id(isGroup), isGroup));
        row.Set(id, isGroup);
        byKey[Key(id, isGroup)] = row;
        isChanged = true;
    }

    internal void Save()
    {
        if (!lasts || !isChanged) return;
        var text = new StringBuilder();
        foreach (var row in rows) text.Append(row.Name).Append(':').Append(Id(row.Uid)).Append(':').Append(Id(row.Gid)).Append('\n');
        var parents = new NewDirectories(FilePermissions.Directory);
        using var place = Directories.Walker.Place(SystemPaths.AccountIds, parents, followLast: false);
        using var file = new FileReplacement(place, FilePermissions.OwnerOnly, uid: 0, gid: 0);
        Syscall.WriteAll(file.File, Encoding.UTF8.GetBytes(text.ToString()));
        file.Commit(sync: ReplacementSync.Name);
        isChanged = false;
    }

    private static string Id(int id) => id < 0 ? "" : id.ToString();

    /// <summary>True: a partition is mounted at /usr/local, and it can be written.</summary>
    private static bool IsLasting()
    {
        using var persistent = Syscall.TryOpen(SystemPaths.Persistent, OpenFlags.Path | OpenFlags.Directory);
        return persistent is not null && Syscall.TryStat("/") is { } root && Syscall.FStat(persistent).Device != root.Device
            && Syscall.FileSystemType(persistent) is not (TMPFS_MAGIC or RAMFS_MAGIC or OVERLAYFS_SUPER_MAGIC);
    }
}
