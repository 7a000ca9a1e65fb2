using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>Adds SSH keys to <c>~/.ssh/authorized_keys</c> of a user.</summary>
internal static class AuthorizedKeysFile
{
    private const int DirectoryMode = Octal.O700;

    internal static void Add(string user, IReadOnlyList<YamlScalar> keys, string key, EntryRun run)
    {
        if (keys.Count == 0) return;
        var row = AccountFile.Read(AccountFile.Passwd).Find(user);
        if (row is not { Length: 7 } || !int.TryParse(row[2], out var uid) || !int.TryParse(row[3], out var gid))
            throw new FormatException($"no user '{user}'");
        var wanted = new List<string>();
        foreach (var item in keys)
        {
            if (UrlOf(item.Text) is { } url) run.Attempt(item.Line, key, () => Fetch(url, wanted, item.Line, key, run));
            else if (item.Text.Trim() is { Length: > 0 } text) wanted.Add(text);
        }
        if (wanted.Count > 0) Append(user, row[5], wanted, uid, gid);
    }

    /// <summary>Null: the text is a key, not a URL.</summary>
    private static string? UrlOf(string key)
    {
        if (key.StartsWith("github:", StringComparison.Ordinal)) return $"https://github.com/{key["github:".Length..].Trim()}.keys";
        if (key.StartsWith("gitlab:", StringComparison.Ordinal)) return $"https://gitlab.com/{key["gitlab:".Length..].Trim()}.keys";
        return key.StartsWith("http://", StringComparison.Ordinal) || key.StartsWith("https://", StringComparison.Ordinal) ? key : null;
    }

    private static void Fetch(string url, List<string> wanted, int line, string key, EntryRun run)
    {
        if (run.Fetch is not { } fetch)
        {
            run.Warn(line, key, "not in this stage: a key that must be fetched needs the network");
            return;
        }
        var fetched = fetch(url, ReadLimit.AuthorizedKeys);
        run.WarnOfPlainUrl(url, fetched.Name, line, key);
        foreach (var text in fetched.Content.Split('\n'))
            if (text.Trim() is { Length: > 0 } given && given[0] != '#') wanted.Add(given);
    }

    /// <summary>Runs as the user, so that new files belong to the user from the start, and the user's permissions apply.</summary>
    private static void Append(string user, string home, List<string> wanted, int uid, int gid)
    {
        var parents = new NewDirectories(DirectoryMode, uid, gid);
        using var place = Place(home, uid, gid, parents);
        if (place.User != 0 && place.User != uid)
        {
            throw new OperatorException(
                $"{place.Path} is in a directory of user {place.User}, not of {user} (user {uid})",
                    $"give the directory to user {uid}, or correct the home of {user}");
        }
        // Only root can write to a .ssh that belongs to root.
        var isUsers = Syscall.FStat(place.Directory).Uid == uid;
        using (FileUser.Become(isUsers ? uid : 0, gid, isUsers ? AccountFile.Read(AccountFile.Group).GroupsOf(user) : []))
        {
            var text = place.TryReadText(ReadLimit.AuthorizedKeys) ?? "";
            var lines = new List<string>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            foreach (var key in wanted)
                if (!lines.Contains(key)) lines.Add(key);
            AtomicFile.Write(place, place.Status, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), FilePermissions.OwnerOnly, uid,
                gid);
        }
        // As root: the user may not write the list.
        if (place.Found is null) RelabelList.Add(place.Path, parents.Created);
    }

    private static FilePlace Place(string home, int uid, int gid, NewDirectories parents)
    {
        var path = home + "/.ssh/authorized_keys";
        if (Directories.Walker.TryPlace(path) is { } place) return place;
        using (var directory = Directories.Walker.TryOpen(home))
        {
            if (directory is null)
            {
                using var missing = new HomeDirectory(home);
                missing.Make(DirectoryMode, uid, gid);
            }
        }

        return Directories.Walker.Place(path, parents);
    }
}
