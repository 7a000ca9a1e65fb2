using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>dns</c>: replaces resolv.conf(5). Without a name server it does nothing.</summary>
internal static class DnsKey
{
    private const string DefaultFile = "/etc/resolv.conf";

    internal static readonly StageKey Definition = new("dns", Schema.Record(
        ("nameservers", Schema.Texts), ("search", Schema.Texts), ("options", Schema.Texts), ("path", Schema.Text)),
        (value, run) => run.Attempt(value.Line, "dns", () => Write((YamlMapping)value, run)));

    private static void Write(YamlMapping dns, EntryRun run)
    {
        if (Format(dns) is not var (path, text)) return;
        using var place = Directories.Walker.TryPlace(path);
        // Images with systemd-resolved link the file to one below /run, which is missing before that service starts.
        if (place?.Found is null && Syscall.TryLStat(path) is { Type: FileType.Symlink })
        {
            throw new FormatException(
                $"{path} is a link to {Syscall.ReadLink(path)}, which is missing; to fix: set dns.path, or remove the link");
        }

        AtomicFile.WriteKeepingOwner(place ?? Directories.Walker.Place(path), text);
        run.Executed($"name servers in {path}");
    }

    /// <summary>The file and its content; null: nothing to write. Throws <see cref="FormatException"/>.</summary>
    internal static (string Path, string Text)? Format(YamlMapping dns)
    {
        List<YamlScalar> servers = [.. dns.Texts("nameservers")];
        if (servers.Count == 0) return null;
        var path = Directories.Normalize(dns.Text("path") is { Length: > 0 } given ? given : DefaultFile);
        var text = new StringBuilder();
        // A single dot means no search domain. Not every reader of the file accepts it.
        if (Joined(dns, "search") is { Length: > 0 } search and not ".") text.Append("search ").Append(search).Append('\n');
        foreach (var server in servers) text.Append("nameserver ").Append(OneLine(server)).Append('\n');
        if (Joined(dns, "options") is { Length: > 0 } options) text.Append("options ").Append(options).Append('\n');
        return (path, text.ToString());
    }

    private static string Joined(YamlMapping dns, string key)
    {
        var words = new List<string>();
        foreach (var word in dns.Texts(key)) words.Add(OneLine(word));
        return string.Join(' ', words).Trim(' ');
    }

    private static string OneLine(YamlScalar word) =>
        word.Text.AsSpan().ContainsAny("\n\r\0") ? throw new FormatException($"line {word.Line}: contains a line break") : word.Text;
}
