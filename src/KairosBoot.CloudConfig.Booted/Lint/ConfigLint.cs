using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Checks a config without running it.</summary>
public static class ConfigLint
{
    /// <summary>
    /// All faults in all stages of the document, in the order of the file. If <see cref="StageProblem.IsWarning"/> is false, an item would
    /// not be done. Never throws.
    /// </summary>
    /// <param name="text">The document.</param>
    /// <param name="file">File name in problems.</param>
    /// <param name="scripts">Also lets a shell of this machine parse each script, which starts a process.</param>
    public static IReadOnlyList<StageProblem> Check(string text, string file, bool scripts = true)
    {
        var problems = new List<StageProblem>();
        var known = new HashSet<StageProblem>();
        var table = BootedKeys.Table(TransferLimits.Production);
        void Add(string entry, int line, int column, string key, string reason, bool isWarning)
        {
            var problem = new StageProblem(file, line, entry, key, reason) { IsWarning = isWarning, Column = column };
            if (known.Add(problem)) problems.Add(problem);
        }
        try
        {
            var document = CloudConfigDocument.Parse(text, (line, key, reason, isWarning) => Add("", line, 0, key, reason, isWarning));
            foreach (var stage in document.StageNames())
            {
                if (StageNames.Suggest(stage) is { } suggestion)
                    Add("", LineOf(document, stage, file), 0, "stages." + stage, suggestion, isWarning: true);
                foreach (var entry in document.Entries(stage, file))
                {
                    void Report(int line, string key, string reason, bool isWarning) => Add(entry.Name, line, 0, key, reason, isWarning);
                    if (table.Entry.Validate(entry.Node, "", Report) is YamlMapping keys)
                        new EntryLint(stage, keys, scripts, Report).Check();
                }
            }
        }
        catch (YamlFaultException e) { Add("", e.Line, e.Column, "", e.Message, isWarning: false); }
        return [.. problems.OrderBy(problem => problem.Line)];
    }

    /// <summary>As <see cref="Check"/>, for a file.</summary>
    /// <exception cref="OperatorException">It is too large, or not a regular file.</exception>
    public static IReadOnlyList<StageProblem> CheckFile(string path) => Check(ConfigFiles.Read(path), path);

    /// <summary>Checks all configs in a tree.</summary>
    public static IReadOnlyList<StageProblem> CheckTree(string root)
    {
        var problems = new List<StageProblem>();
        foreach (var directory in SystemPaths.CloudConfigs)
        {
            void Add(string path, string reason) => problems.Add(new StageProblem(path, 1, "", "", reason));
            foreach (var file in ConfigFiles.Of(root.TrimEnd('/') + directory, Add))
            {
                try { problems.AddRange(Check(ConfigFiles.Read(file), file)); }
                catch (Exception e) when (e is SyscallException or FormatException or OperatorException)
                {
                    Add(file, StageProblem.ReasonOf(e));
                }
            }
        }
        return problems;
    }

    private static int LineOf(CloudConfigDocument document, string stage, string file) =>
        document.Entries(stage, file) is [var first, ..] ? first.Node.Line : 1;
}
