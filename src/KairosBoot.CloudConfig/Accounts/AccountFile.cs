using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// One of the colon-separated account files: passwd(5), group(5), shadow(5), gshadow. Other lines keep their bytes, and the file keeps its
/// mode, owner and attributes. Changes belong in an <see cref="AccountStore"/>, which has the lock.
/// </summary>
internal sealed class AccountFile
{
    internal const string Passwd = "/etc/passwd", Group = "/etc/group", Shadow = "/etc/shadow", GShadow = "/etc/gshadow";

    private readonly List<string> lines;
    private bool isChanged;

    private AccountFile(string path, List<string> lines) => (Path, this.lines) = (path, lines);

    internal string Path { get; }

    /// <summary>Throws <see cref="SyscallException"/> if the file is missing. It belongs to the image and is never created here.</summary>
    internal static AccountFile Read(string path)
    {
        using var place = Directories.Walker.Place(path);
        // A byte that is not UTF-8 is kept: old rows have names in other encodings.
        var text = FileName.Decode(place.Read(ReadLimit.SystemFile));
        var lines = new List<string>(text.Split('\n'));
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        return new AccountFile(path, lines);
    }

    /// <summary>The fields of the row of a name; null if missing.</summary>
    internal string[]? Find(string name) => IndexOf(name) is var index and >= 0 ? lines[index].Split(':') : null;

    private int IndexOf(string name)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.Ordinal)) return i;
        }
        return -1;
    }

    internal void Check(params string[] fields) => CheckFields(Path, fields);

    /// <summary>Throws <see cref="FormatException"/> for a field that would break the row.</summary>
    internal static void CheckFields(string path, params string[] fields)
    {
        foreach (var field in fields)
            if (field.AsSpan().ContainsAny(":\n\r\0")) throw new FormatException($"a field for {path} contains a colon or a line break");
    }

    /// <summary>Replaces the row with this name, or adds one.</summary>
    internal void Set(params string[] fields)
    {
        Check(fields);
        var row = string.Join(':', fields);
        var index = IndexOf(fields[0]);
        if (index >= 0 && lines[index] == row) return;
        if (index >= 0) lines[index] = row;
        else lines.Add(row);
        isChanged = true;
    }

    /// <summary>Removes the first row with this name. False: no such row.</summary>
    internal bool Remove(string name)
    {
        var index = IndexOf(name);
        if (index < 0) return false;
        lines.RemoveAt(index);
        return isChanged = true;
    }

    /// <summary>An unchanged file is not written.</summary>
    internal void Save()
    {
        if (!isChanged) return;
        var text = new StringBuilder();
        foreach (var line in lines) text.Append(line).Append('\n');
        using var place = Directories.Walker.Place(Path);
        AtomicFile.WriteKeepingOwner(place, FileName.Encode(text.ToString()).AsSpan()[..^1]);
        isChanged = false;
    }

    /// <summary>For group(5): adds a member. False: no such group.</summary>
    internal bool Join(string user, string group)
    {
        if (Find(group) is not { Length: 4 } row) return false;
        row[3] = WithMembers(row[3], user);
        Set(row);
        return true;
    }

    /// <summary>A list of members with those of another list that it does not have yet.</summary>
    internal static string WithMembers(string? existing, string? added)
    {
        var members = new List<string>((existing ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries));
        foreach (var member in (added ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (!members.Contains(member)) members.Add(member);
        return string.Join(',', members);
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

    /// <summary>The name of the row with this id in its third field; null: none.</summary>
    internal string? NameOf(int id)
    {
        foreach (var line in lines)
            if (IdIn(line, field: 2) == id) return line[..line.IndexOf(':')];
        return null;
    }

    /// <summary>Calls with each id in a field of the rows, counted from 0.</summary>
    internal void ForEachId(int field, Action<int> take)
    {
        foreach (var line in lines)
            if (IdIn(line, field) is var id and >= 0) take(id);
    }

    private static int IdIn(string line, int field)
    {
        var start = 0;
        for (; field > 0 && start >= 0; field--) start = line.IndexOf(':', start) + 1 is var next and > 0 ? next : -1;
        if (start <= 0) return -1;
        var end = line.IndexOf(':', start);
        return int.TryParse(line.AsSpan()[start..(end < 0 ? line.Length : end)], out var id) ? id : -1;
    }

    /// <summary>Throws <see cref="FormatException"/> for an invalid account name.</summary>
    internal static string CheckName(string? name) =>
        name is not null && IsName(name) ? name : throw new FormatException("invalid account name");

    internal static bool IsName(string name)
    {
        const int MaxLength = 32; // useradd(8)
        return name.Length is > 0 and <= MaxLength && name[0] is not ('-' or '+') && name is not ("." or "..")
            && !name.AsSpan().ContainsAny(":/,\n\r\t \0");
    }
}
