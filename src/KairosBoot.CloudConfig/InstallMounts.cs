using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>install.bind_mounts</c> and <c>install.ephemeral_mounts</c>: paths of the install config. They are applied at every boot, also if no
/// installer has written them to a layout file.
/// </summary>
public static class InstallMounts
{
    private const string Fix = "ignored; to fix: use an absolute path without . and ..";
    private static readonly (string Key, string Variable)[] Lists =
        [("bind_mounts", "CUSTOM_BIND_MOUNTS"), ("ephemeral_mounts", "CUSTOM_EPHEMERAL_MOUNTS")];

    /// <summary>Adds the paths of all configs of a source to a layout file. A file that already has them is not written.</summary>
    /// <param name="source">Directory or file.</param>
    /// <param name="layout">The file from which the boot reads the user's own paths. It is created if missing.</param>
    /// <param name="logger">Gets each problem.</param>
    /// <param name="documents">What the stage has read.</param>
    /// <param name="configLimit">Bytes of a config. A larger one was already reported by the stage.</param>
    public static IReadOnlyList<StageProblem> Merge(
        string source, string layout, MessageLog logger, ConfigDocuments documents, long configLimit = long.MaxValue)
    {
        var limit = ReadLimit.Config with { Bytes = Math.Min(ReadLimit.Config.Bytes, configLimit) };
        var run = new StageRun(new StageFacts(), logger, TimeSpan.Zero);
        try
        {
            var wanted = NewLists();
            // The stage has already reported unreadable files.
            foreach (var file in documents.Find(source, (_, _) => { }))
                Read(file.Path, () => documents.Read(file, limit), wanted, run);
            Write(layout, wanted, run);
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            run.Report(new StageProblem(layout, 1, "", "install",
            StageProblem.ReasonOf(e)));
        }
        return run.Problems;
    }

    /// <summary>Empty lists for <see cref="Read"/>.</summary>
    internal static List<string>[] NewLists()
    {
        var lists = new List<string>[Lists.Length];
        for (var i = 0; i < lists.Length; i++) lists[i] = [];
        return lists;
    }

    /// <summary>Adds the paths of a config to the lists.</summary>
    internal static void Read(string file, Func<byte[]> read, List<string>[] wanted, StageRun run)
    {
        YamlMapping? install = null;
        try
        {
            var content = read();
            if (ConfigDocuments.MayHold(content, "bind_mounts"u8) || ConfigDocuments.MayHold(content, "ephemeral_mounts"u8))
                install = (YamlReader.Read(ConfigEncoding.Decode(content)) as YamlMapping)?.Find("install") as YamlMapping;
        }
        catch (Exception e) when (e is YamlFaultException or FormatException or SyscallException or OperatorException) { }
        for (var i = 0; install is not null && i < Lists.Length; i++)
        {
            var key = "install." + Lists[i].Key;
            void Report(int line, string at, string reason, bool isWarning) =>
                run.Report(new StageProblem(file, line, "", at, reason) { IsWarning = isWarning });
            var paths = install.Find(Lists[i].Key) is { } node ? Schema.Texts.Validate(node, key, Report) : null;
            foreach (var text in YamlMapping.TextsOf(paths))
            {
                // Paths in a layout file are separated by blanks, so a text with a blank has always been two paths.
                foreach (var word in text.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    if (MountPath.TryNormalise(word) is not { } path)
                    {
                        Report(text.Line, key, $"{word} is not a valid mount point; {Fix}",
                        false);
                    }
                    else if (!wanted[i].Contains(path))
                    {
                        wanted[i].Add(path);
                    }
                }
            }
        }
    }

    private static void Write(string layout, List<string>[] wanted, StageRun run)
    {
        if (Merge(layout, BoundedFile.TryReadText(layout, ReadLimit.SystemFile) ?? "", wanted, run) is not { } text) return;
        AtomicFile.Write(layout, Encoding.UTF8.GetBytes(text), FilePermissions.File, uid: 0, gid: 0,
            new NewDirectories(FilePermissions.Directory));
    }

    /// <summary>A layout file with the paths of the lists; null: it has them already.</summary>
    /// <param name="layout">Its path, for problems.</param>
    /// <param name="before">Its text.</param>
    /// <param name="wanted">Of <see cref="Read"/>.</param>
    /// <param name="run">Gets each problem.</param>
    internal static string? Merge(string layout, string before, List<string>[] wanted, StageRun run)
    {
        var existing = EnvFile.Parse(before);
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in existing.Values) variables[name] = value;
        var added = false;
        for (var i = 0; i < Lists.Length; i++)
        {
            var words = new List<string>((existing[Lists[i].Variable] ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            var count = words.Count;
            foreach (var path in wanted[i])
                if (!words.Exists(word => MountPath.TryNormalise(word) == path)) words.Add(path);
            if (words.Count == count) continue;
            variables[Lists[i].Variable] = string.Join(' ', words);
            added = true;
        }
        if (!added) return null;
        foreach (var problem in existing.Problems)
            run.Report(new StageProblem(layout, problem.Line, "", "install", $"dropped: {problem.Reason}") { IsWarning = true });
        return EnvironmentKey.Format(variables);
    }
}
