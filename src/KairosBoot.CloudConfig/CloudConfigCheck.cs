namespace KairosBoot.CloudConfig;

/// <summary>Reads a config without running it.</summary>
public static class CloudConfigCheck
{
    /// <summary>
    /// Everything wrong in all stages of the document. One whose <see cref="StageProblem.IsWarning"/> is false means that something it
    /// asks for would not be done. Never throws.
    /// </summary>
    public static IReadOnlyList<StageProblem> Check(string text, string file)
    {
        var problems = new List<StageProblem>();
        var known = new HashSet<StageProblem>();
        void Add(string entry, int line, string key, string reason, bool isWarning)
        {
            var problem = new StageProblem(file, line, entry, key, reason) { IsWarning = isWarning };
            if (known.Add(problem)) problems.Add(problem);
        }
        try
        {
            var document = CloudConfigDocument.Parse(text, (line, key, reason, isWarning) => Add("", line, key, reason, isWarning));
            foreach (var stage in document.StageNames())
                foreach (var entry in document.Entries(stage, file))
                    EntryKeys.Entry.Conform(entry.Node, "", (line, key, reason, isWarning) => Add(entry.Name, line, key, reason, isWarning));
        }
        catch (YamlFaultException e) { Add("", e.Line, "", $"column {e.Column}: {e.Message}", isWarning: false); }
        return problems;
    }
}
