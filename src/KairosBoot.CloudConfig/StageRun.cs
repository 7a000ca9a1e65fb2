using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The state that all entries of one stage share, and the problems so far.</summary>
internal sealed class StageRun(StageFacts facts, MessageLog logger, TimeSpan commandLimit)
{
    private readonly List<StageProblem> problems = [];
    private readonly HashSet<StageProblem> known = [];
    private readonly HashSet<string> plainUrls = [];

    /// <inheritdoc cref="StageRunner.Environment"/>
    internal IReadOnlyList<string> Environment { get; init; } = [];
    /// <summary>No network, no service, no package manager yet.</summary>
    internal bool IsInInitrd { get; init; }
    /// <inheritdoc cref="StageRunner.LoadFileSystem"/>
    internal Action<string> LoadFileSystem { get; init; } = _ => { };
    /// <inheritdoc cref="StageRunner.AwaitDrivers"/>
    internal Action AwaitDrivers { get; init; } = () => { };
    /// <summary>Null: no network.</summary>
    internal RemoteText? Fetch { get; init; }
    internal CancellationToken CancellationToken { get; init; }
    internal StageFacts Facts { get; } = facts;
    internal ConfigBudget Budget { get; init; } = new(ReadLimit.StageConfigs.Bytes);
    internal ConfigDocuments Documents { get; init; } = new();
    internal TreeMemory Memory => Documents.Memory;
    internal MessageLog Logger { get; } = logger;
    internal TimeSpan CommandLimit { get; } = commandLimit;
    internal List<StageProblem> Problems => problems;
    internal int EntriesRun { get; set; }
    internal int EntriesSkipped { get; set; }
    internal int EntriesConsidered => EntriesRun + EntriesSkipped;
    internal long CommandMicroseconds { get; set; }
    internal bool DisksChanged { get; set; }
    /// <inheritdoc cref="StageReport.UserData"/>
    internal List<UserDataMark> UserData { get; } = [];

    /// <summary>Keeps and logs a problem. One of a file as a whole counts once: each pass reads the file again.</summary>
    internal void Report(StageProblem problem)
    {
        if (problem.Entry.Length == 0 && !known.Add(problem)) return;
        problems.Add(problem);
        if (problem.IsWarning) StageLog.Warning(Logger, problem.Text);
        else StageLog.Failed(Logger, problem.Text);
    }

    /// <summary>Warns once for each URL whose content can be changed on the network.</summary>
    /// <param name="url">As written in the config.</param>
    /// <param name="display">The URL without its secrets.</param>
    /// <param name="warn">Reports it.</param>
    internal void WarnOfPlainUrl(string url, string display, Action<string> warn)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["http://", "ftp://", "tftp://"])
        {
            if (url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && plainUrls.Add(url))
                warn($"{display}: its content can be changed on the network; to fix: use https, or give downloads a checksum");
        }
    }

    /// <summary>The environment of programs: <c>NAME=VALUE</c>. The given variables replace those with the same name.</summary>
    internal IReadOnlyList<string> EnvironmentWith(IReadOnlyList<string> given)
    {
        if (given.Count == 0) return Environment;
        var variables = new List<string>(given);
        foreach (var variable in Environment)
        {
            if (!variables.Exists(other => other.StartsWith(variable[..(variable.IndexOf('=') + 1)], StringComparison.Ordinal)))
                variables.Add(variable);
        }
        return variables;
    }

    internal static List<string> ChildEnvironment()
    {
        var inherited = System.Environment.GetEnvironmentVariable("PATH");
        var variables = new List<string> { SystemPaths.StagePath + (string.IsNullOrEmpty(inherited) ? "" : ":" + inherited) };
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            if (variable.Key is not "PATH") variables.Add($"{variable.Key}={variable.Value}");
        return variables;
    }
}
