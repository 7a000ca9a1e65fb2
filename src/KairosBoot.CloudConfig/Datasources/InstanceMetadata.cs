using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// The metadata of the machine from a provider: host name and SSH keys of root. It is written to files in <c>/run/config</c>. Then the
/// files are applied, also if another program has written them.
/// </summary>
internal static class InstanceMetadata
{
    private const string HostName = SystemPaths.InstanceData + "/hostname", Keys = SystemPaths.InstanceData + "/ssh/authorized_keys";

    /// <summary>
    /// OpenStack's meta_data.json: <c>hostname</c>, and <c>public_keys</c> by name. Throws <see cref="FormatException"/> for invalid text.
    /// </summary>
    internal static void Put(byte[] metadata)
    {
        YamlMapping? machine;
        // The JSON that is read here is also YAML.
        try { machine = YamlReader.Read(Encoding.UTF8.GetString(metadata)) as YamlMapping; }
        catch (YamlFaultException e) { throw new FormatException($"meta_data.json: line {e.Line.ToString()}: {e.Message}"); }
        if (machine?.Text("hostname") is { Length: > 0 } name) Write(HostName, name + "\n");
        var keys = new StringBuilder();
        if (machine?.Find("public_keys") is YamlMapping named)
        {
            foreach (var (_, key) in named.Pairs)
                if (key is YamlScalar { IsNull: false } text) keys.Append(text.Text.Trim()).Append('\n');
        }

        if (keys.Length == 0) return;
        Write(Keys, keys.ToString());
    }

    private static void Write(string path, string text) =>
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text), FilePermissions.OwnerOnly, uid: 0, gid: 0, new NewDirectories(Octal.O700));

    internal static void Apply(int line, EntryRun run)
    {
        if (BoundedFile.TryReadText(HostName, ReadLimit.SystemFile) is { } name)
            HostnameKey.Definition.Apply(Scalar(name.Trim(), line), run);
        if (BoundedFile.TryReadText(Keys, ReadLimit.AuthorizedKeys) is not { } text) return;
        var keys = new List<YamlScalar>();
        foreach (var key in text.Split('\n'))
            if (key.Trim() is [not '#', ..] trimmed) keys.Add(Scalar(trimmed, line));
        AuthorizedKeysFile.Add("root", keys, "datasource", run);
    }

    private static YamlScalar Scalar(string text, int line) => new(text, isPlain: false, line);
}
