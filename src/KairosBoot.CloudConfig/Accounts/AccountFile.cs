using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// One of the colon-separated account files: passwd(5), group(5), shadow(5), gshadow. Other lines keep their bytes, and the file keeps its
/// mode and owner.
/// </summary>
internal sealed class AccountFile
{
    internal const string Passwd = "/etc/passwd", Group = "/etc/group", Shadow = "/etc/shadow", GShadow = "/etc/gshadow";

    private readonly string path;
    private readonly List<string> lines;

    private AccountFile(string path, List<string> lines) => (this.path, this.lines) = (path, lines);

    /// <summary>Throws <see cref="SyscallException"/> if the file is missing. It belongs to the image and is never created here.</summary>
    internal static AccountFile Read(string path)
    {
        using var place = Directories.Walker.Place(path);
        var text = place.ReadText(ReadLimit.SystemFile);
        var lines = new List<string>(text.Split('\n'));
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        return new AccountFile(path, lines);
    }

    /// <summary>The fields of the row of a name; null if missing.</summary>
    internal string[]? Find(string name) => IndexOf(name) is var index and >= 0 ? lines[index].Split(':') : null;

    private int IndexOf(string name) => lines.FindIndex(line => line.StartsWith(name + ":", StringComparison.Ordinal));

    /// <summary>Replaces the row with this name, or adds one.</summary>
    internal void Set(params string[] fields)
    {
        foreach (var field in fields)
            if (field.AsSpan().ContainsAny(":\n\r\0")) throw new FormatException($"a field for {path} contains a colon or a line break");
        var row = string.Join(':', fields);
        if (IndexOf(fields[0]) is var index and >= 0) lines[index] = row;
        else lines.Add(row);
    }

    /// <summary>Removes the first row with this name. False: no such row.</summary>
    internal bool Remove(string name)
    {
        var index = IndexOf(name);
        if (index >= 0) lines.RemoveAt(index);
        return index >= 0;
    }

    internal void Save()
    {
        using var place = Directories.Walker.Place(path);
        AtomicFile.WriteKeepingOwner(place, string.Join('\n', lines) + "\n");
    }

    /// <summary>For group(5): ids of the groups that have the user as a member.</summary>
    internal int[] GroupsOf(string user)
    {
        var groups = new List<int>();
        foreach (var line in lines)
        {
            if (line.Split(':') is { Length: >= 4 } row && int.TryParse(row[2], out var gid) && Array.IndexOf(row[3].Split(','), user) >= 0)
                groups.Add(gid);
        }
        return [.. groups];
    }

    /// <summary>The first free id from 1000 to 60000. Ids are in the third field.</summary>
    internal int FreeId()
    {
        const int First = 1000, Last = 60000;
        var taken = new HashSet<string>();
        foreach (var line in lines)
            if (line.Split(':') is { Length: > 2 } fields) taken.Add(fields[2]);
        for (var id = First; id <= Last; id++)
            if (!taken.Contains(id.ToString())) return id;
        throw new FormatException($"{path}: no id from {First} to {Last} is free");
    }

    /// <summary>Throws <see cref="FormatException"/> for an invalid account name.</summary>
    internal static string CheckName(string? name)
    {
        const int MaxLength = 32; // useradd(8)
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength || name[0] is '-' or '+' || name is "." or ".."
            || name.AsSpan().ContainsAny(":/,\n\r\t \0"))
        {
            throw new FormatException("invalid account name");
        }

        return name;
    }
}
