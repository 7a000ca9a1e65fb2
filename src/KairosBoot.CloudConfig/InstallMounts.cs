using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>install.bind_mounts</c> and <c>install.ephemeral_mounts</c>: paths that a machine's config asks for when it is installed. They hold at every boot,
/// whether an installer wrote them into a layout file or nobody did.
/// </summary>
public static class InstallMounts
{
    private static readonly (string Key, string Variable)[] Lists = [("bind_mounts", "CUSTOM_BIND_MOUNTS"), ("ephemeral_mounts", "CUSTOM_EPHEMERAL_MOUNTS")];

    /// <summary>Adds the paths that all configs of a source ask for to those in a layout file. One that has them all stays as it is.</summary>
    /// <param name="source">Directory or file.</param>
    /// <param name="layout">Where users' own paths are read from; made where it is not there.</param>
    /// <param name="logger">Gets each problem.</param>
    /// <param name="configLimit">Bytes of a config; a larger one was reported when the stage ran.</param>
    public static IReadOnlyList<StageProblem> Merge(string source, string layout, ILogger logger, long configLimit = long.MaxValue)
    {
        var limit = ReadLimit.Config with { Bytes = Math.Min(ReadLimit.Config.Bytes, configLimit) };
        var run = new StageRun(new StageFacts(), logger, TimeSpan.Zero);
        try
        {
            var wanted = new List<string>[Lists.Length];
            for (var i = 0; i < wanted.Length; i++) wanted[i] = [];
            // What cannot be walked or read was reported when the stage ran.
            foreach (var file in ConfigFiles.Of(source, (_, _) => { })) Read(file, limit, wanted, run);
            Write(layout, wanted, run);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { run.Report(new StageProblem(layout, 1, "", "install", StageProblem.ReasonOf(e))); }
        return run.Problems;
    }

    private static void Read(string file, ReadLimit limit, List<string>[] wanted, StageRun run)
    {
        YamlMapping? install = null;
        try
        {
            var text = Encoding.UTF8.GetString(ConfigFiles.Read(file, limit));
            if (Array.Exists(Lists, list => ConfigDocuments.MayHold(text, list.Key))) install = (YamlReader.Read(text) as YamlMapping)?.Find("install") as YamlMapping;
        }
        catch (Exception e) when (e is YamlFaultException or FormatException or SyscallException or OperatorException) { }
        for (var i = 0; install is not null && i < Lists.Length; i++)
        {
            var key = "install." + Lists[i].Key;
            void Report(int line, string at, string reason, bool isWarning) => run.Report(new StageProblem(file, line, "", at, reason) { IsWarning = isWarning });
            var paths = install.Find(Lists[i].Key) is { } node ? Schema.Texts.Validate(node, key, Report) : null;
            foreach (var text in YamlMapping.TextsOf(paths))
            {
                // A layout file separates its paths by blanks, so what has one in it always was two paths.
                foreach (var word in text.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    if (MountPath.TryNormalise(word) is not { } path) Report(text.Line, key, $"{word} is no place to mount at: it takes an absolute path without . and ..; left out", isWarning: false);
                    else if (!wanted[i].Contains(path)) wanted[i].Add(path);
                }
            }
        }
    }

    private static void Write(string layout, List<string>[] wanted, StageRun run)
    {
        var existing = EnvFile.Parse(BoundedFile.TryReadText(layout, ReadLimit.SystemFile) ?? "");
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
        if (!added) return;
        foreach (var problem in existing.Problems)
            run.Report(new StageProblem(layout, problem.Line, "", "install", $"dropped: {problem.Reason}") { IsWarning = true });
        AtomicFile.Write(layout, Encoding.UTF8.GetBytes(EnvironmentKey.Format(variables)), FilePermissions.File, uid: 0, gid: 0,
            new NewDirectories(FilePermissions.Directory));
    }
}
