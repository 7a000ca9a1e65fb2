using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The configs of a machine, read from its trees within the limits of a boot.</summary>
/// <param name="files">The trees.</param>
/// <param name="preview">Gets each fault.</param>
internal sealed class PreviewConfigs(PreviewFiles files, StagePreview preview)
{
    private readonly ConfigBudget budget = new(ReadLimit.StageConfigs.Bytes);

    /// <summary>The documents of a directory and of those below it, in the order in which a boot runs them.</summary>
    internal List<(string File, CloudConfigDocument Document)> Documents(string directory)
    {
        var documents = new List<(string, CloudConfigDocument)>();
        foreach (var (path, content) in Contents(directory))
        {
            void Report(int line, string key, string reason, bool isWarning) => this.Report(path, line, key, reason, isWarning);
            try { documents.Add((path, CloudConfigDocument.Parse(ConfigEncoding.Decode(content), Report))); }
            catch (YamlFaultException e) { Report(e.Line, "", e.Message, isWarning: false); }
        }

        return documents;
    }

    /// <summary>The paths and the contents of the same files.</summary>
    internal List<(string File, byte[] Content)> Contents(string directory)
    {
        var contents = new List<(string, byte[])>();
        Walk(directory.TrimEnd('/'), contents);
        return contents;
    }

    private void Walk(string directory, List<(string, byte[])> contents) => Attempt(directory, () =>
    {
        foreach (var name in files.Names(directory))
        {
            var path = $"{directory}/{name}";
            Attempt(path, () =>
            {
                if (IsDirectory(path, followLast: false)) Walk(path, contents);
                // A link to a directory is not a config.
                else if (ConfigFiles.IsConfig(name) && !IsDirectory(path, followLast: true)) contents.Add((path, Read(path)));
            });
        }
    });

    private bool IsDirectory(string path, bool followLast) =>
        files.TryFind(path, followLast, out var found) && found.Type == FileType.Directory;

    private byte[] Read(string path)
    {
        var content = files.Read(path, ReadLimit.Config) ?? throw new FormatException("broken link");
        budget.Count(path, content.Length);
        return content;
    }

    private void Attempt(string path, Action action)
    {
        try { action(); }
        catch (Exception e) when (e is SyscallException or OperatorException or FormatException)
        {
            Report(path, 1, "", StageProblem.ReasonOf(e), isWarning: false);
        }
    }

    private void Report(string path, int line, string key, string reason, bool isWarning) =>
        preview.Report(new StageProblem(path, line, "", key, reason) { IsWarning = isWarning });
}
