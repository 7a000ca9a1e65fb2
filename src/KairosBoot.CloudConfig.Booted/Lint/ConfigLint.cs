using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Checks configs without running them.</summary>
public static class ConfigLint
{
    private static readonly EntryTable Table = BootedKeys.Table(TransferLimits.Production);

    /// <summary>
    /// All faults in all stages of the document, in the order of the file. If <see cref="StageProblem.IsWarning"/> is false, an item would
    /// not be done. Never throws.
    /// </summary>
    /// <param name="text">The document.</param>
    /// <param name="file">File name in problems.</param>
    /// <param name="scripts">Also lets a shell of this machine parse each script, which starts a process.</param>
    public static IReadOnlyList<StageProblem> Check(string text, string file, bool scripts = true) =>
        Check([new ConfigText(file, text)], scripts);

    /// <summary>As the other overload, for documents of one machine: a user of one may get the password in another.</summary>
    public static IReadOnlyList<StageProblem> Check(IReadOnlyList<ConfigText> documents, bool scripts = true)
    {
        var logins = new LoginLint();
        var shells = scripts ? new ScriptLint() : null;
        var found = new List<List<StageProblem>>();
        foreach (var document in documents) found.Add(Check(document, shells, logins));
        foreach (var problem in logins.Problems())
        {
            var place = documents.Select(document => document.Name).ToList().IndexOf(problem.File);
            found[place].Add(problem);
        }
        return [.. found.SelectMany(problems => problems.OrderBy(problem => problem.Line))];
    }

    private static List<StageProblem> Check(ConfigText source, ScriptLint? scripts, LoginLint logins)
    {
        var (file, problems) = (source.Name, new List<StageProblem>());
        void Add(string entry, int line, int column, string key, string reason, bool isWarning) =>
            problems.Add(new StageProblem(file, line, entry, key, reason) { IsWarning = isWarning, Column = column });
        void AddToFile(int line, string key, string reason, bool isWarning) => Add("", line, 0, key, reason, isWarning);
        if (source.Problem.Length > 0)
        {
            AddToFile(1, "", source.Problem, isWarning: false);
            return problems;
        }
        try
        {
            var document = Parse(source, AddToFile);
            foreach (var stage in document.StageNames())
            {
                if (StageNames.Check(stage) is { } reason)
                    AddToFile(LineOf(document, stage, file), "stages." + YamlScalar.NameOf(stage), reason, isWarning: true);
                var entries = document.Entries(stage, file);
                EntryOrder.Check(entries, problems.Add);
                foreach (var entry in entries)
                {
                    CheckEntry(entry, stage, scripts, logins,
                        (line, key, reason, isWarning) => Add(entry.Name, line, 0, key, reason, isWarning));
                }
            }
        }
        catch (YamlFaultException e) { Add("", e.Line, e.Column, "", e.Message, isWarning: false); }
        scripts?.Finish();
        return problems;
    }

    // The text is not needed for the checks of the entries.
    private static CloudConfigDocument Parse(ConfigText source, Finding report)
    {
        var text = source.Content;
        var document = CloudConfigDocument.Parse(text, report);
        if (document.Root is { } root) DocumentLint.Check(root, text, source.Name, report);
        return document;
    }

    private static void CheckEntry(StageEntry entry, string stage, ScriptLint? scripts, LoginLint logins, Finding report)
    {
        if (Table.Entry.Validate(entry.Node, "", report) is not YamlMapping keys) return;
        new EntryLint(stage, keys, scripts, report).Check();
        logins.Add(keys, entry.File, entry.Name);
    }

    /// <summary>As <see cref="Check(string, string, bool)"/>, for a file.</summary>
    /// <exception cref="OperatorException">It is too large, or not a regular file.</exception>
    public static IReadOnlyList<StageProblem> CheckFile(string path) => Check(ConfigFiles.Read(path), path);

    /// <summary>As <see cref="Check(IReadOnlyList{ConfigText}, bool)"/>, for files of one machine.</summary>
    /// <exception cref="OperatorException">One is too large, or not a regular file.</exception>
    public static IReadOnlyList<StageProblem> CheckFiles(IReadOnlyList<string> paths) =>
        Check([.. paths.Select(path => new ConfigText(path, ConfigFiles.Read(path, ReadLimit.Config)))]);

    /// <summary>Checks all configs in a tree, and other documents that its machine would have.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="others">Documents that are already read.</param>
    public static IReadOnlyList<StageProblem> CheckTree(string root, IReadOnlyList<ConfigText> others)
    {
        var unread = new List<StageProblem>();
        var documents = new List<ConfigText>();
        foreach (var directory in SystemPaths.CloudConfigs)
        {
            var path = root.TrimEnd('/') + directory;
            var files = ConfigFiles.Of(path, (place, reason) => unread.Add(new StageProblem(place, 1, "", "", reason)));
            documents.AddRange(files.Select(ConfigFiles.TryRead));
            try { UnreadFiles.Find(path, unread.Add); }
            catch (SyscallException) { } // reported by ConfigFiles
        }
        return [.. Check([.. documents, .. others]), .. unread];
    }

    private static int LineOf(CloudConfigDocument document, string stage, string file) =>
        document.Entries(stage, file).FirstOrDefault()?.Node.Line ?? 1;
}
