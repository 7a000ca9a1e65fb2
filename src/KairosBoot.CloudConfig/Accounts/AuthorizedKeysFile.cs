using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>Adds SSH keys to <c>~/.ssh/authorized_keys</c> of a user.</summary>
internal static class AuthorizedKeysFile
{
    private const int DirectoryMode = 0b111_000_000;

    internal static void Add(string user, IReadOnlyList<YamlScalar> keys, string key, EntryRun run)
    {
        if (keys.Count == 0) return;
        if (AccountFile.Read(AccountFile.Passwd).Find(user) is not { Length: 7 } row || !int.TryParse(row[2], out var uid) || !int.TryParse(row[3], out var gid))
            throw new FormatException($"no user '{user}'");
        var wanted = new List<string>();
        foreach (var item in keys)
        {
            if (UrlOf(item.Text) is { } url) run.Attempt(item.Line, key, () => Fetch(url, wanted, item.Line, key, run));
            else if (item.Text.Trim() is { Length: > 0 } text) wanted.Add(text);
        }
        if (wanted.Count > 0) Append(row[5], wanted, uid, gid);
    }

    /// <summary>Null for a key that is written out.</summary>
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
            run.Warn(line, key, "a key that must be fetched needs the network: not in this stage");
            return;
        }
        var fetched = fetch(url, ReadLimit.AuthorizedKeys);
        run.WarnOfPlainUrl(url, fetched.Name, line, key);
        foreach (var text in fetched.Content.Split('\n'))
            if (text.Trim() is { Length: > 0 } given && given[0] != '#') wanted.Add(given);
    }

    private static void Append(string home, List<string> wanted, int uid, int gid)
    {
        string directory = home + "/.ssh", path = directory + "/authorized_keys";
        // The home belongs to the user: through a link left there, root would hand a file of the system over to them.
        if (Syscall.TryLStat(directory) is { Type: not FileType.Directory }) throw new FormatException($"{directory} is not a directory");
        if (Syscall.TryLStat(path) is { Type: not FileType.Regular }) throw new FormatException($"{path} is not a file");
        Directories.Make(directory, DirectoryMode, uid, gid);
        var text = FileText.TryRead(path) ?? "";
        var lines = new List<string>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var key in wanted)
            if (!lines.Contains(key)) lines.Add(key);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), FilePermissions.OwnerOnly, uid, gid);
    }
}
