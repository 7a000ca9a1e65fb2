using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// Runs the entries of a stage one after the other: in the order of sources, files and entries, changed by <c>after</c>. Paths in configs
/// are paths of the calling process. For another root, change into it first.
/// </summary>
/// <param name="sources">In order.</param>
/// <param name="facts">Values for conditions and templates.</param>
/// <param name="logger">Gets each problem once, and the output of commands.</param>
/// <param name="commandLine">The kernel command line. It can name a source and contain entries. Empty: none.</param>
public sealed class StageRunner(IReadOnlyList<ConfigSource> sources, StageFacts facts, MessageLog logger, string commandLine = "")
{
    private const string BootedOnly = "not in this stage: it works only in stages of the booted system, such as boot or network";

    public static readonly TimeSpan DefaultCommandLimit = TimeSpan.FromMinutes(5);

    /// <summary>Run time after which a command or condition is killed.</summary>
    public TimeSpan CommandLimit { get; init; } = DefaultCommandLimit;

    /// <summary>Called before each entry.</summary>
    public Action? EntryBegins { get; init; }

    /// <summary>The environment of programs: <c>NAME=VALUE</c>. Null: that of this process.</summary>
    public IReadOnlyList<string>? Environment { get; init; }

    /// <summary>Loads the driver of a file system before it is mounted, if nothing else does.</summary>
    public Action<string> LoadFileSystem { get; init; } = _ => { };

    /// <summary>Called before an entry searches all disks and discs: returns when the drivers have found them, or after a limit.</summary>
    public Action AwaitDrivers { get; init; } = () => { };

    /// <summary>Ends the run with an <see cref="OperationCanceledException"/> after the program that is running.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Documents that earlier stages of this process have parsed.</summary>
    public ConfigDocuments Documents { get; init; } = new();

    /// <summary>Maximum size of all configs of the stage together, in bytes.</summary>
    public long ConfigLimit { get; init; } = ReadLimit.StageConfigs.Bytes;

    /// <summary>The limit on a machine whose files are also in memory: at most an eighth of the memory.</summary>
    /// <param name="memoryBytes">0: unknown.</param>
    public static long ConfigLimitIn(long memoryBytes) =>
        memoryBytes > 0 ? Math.Min(ReadLimit.StageConfigs.Bytes, memoryBytes / 8) : ReadLimit.StageConfigs.Bytes;

    internal EntryTable Table { get; init; } = EntryTable.OfInitrd;

    internal RemoteText? Fetch { get; init; }

    /// <summary>
    /// Runs STAGE.before for all sources, then STAGE, then STAGE.after. Then the same for the source that the command line names, and for
    /// its entries. A pass finds what an earlier one has written. Faults of configs are in the report and never an exception.
    /// </summary>
    public StageReport Run(string stage)
    {
        var run = new StageRun(facts, logger, CommandLimit)
        {
            Budget = new ConfigBudget(ConfigLimit),
            Documents = Documents, IsInInitrd = stage is "rootfs" or "initramfs", Environment = Environment ?? StageRun.ChildEnvironment(),
            LoadFileSystem = LoadFileSystem, AwaitDrivers = AwaitDrivers, Fetch = Fetch, CancellationToken = CancellationToken,
        };
        // Since the last stage, the caller may have changed anything.
        run.Memory.Forget();
        try { return Run(stage, run); }
        finally { run.Memory.Close(); }
    }

    private StageReport Run(string stage, StageRun run)
    {
        RunPasses(stage, sources, run);
        var config = CommandLineConfig.Parse(commandLine);
        if (NamedSource.Find(config, stage, run) is { } named) RunPasses(stage, [named], run);
        var said = config.ToDocument((line, key, reason, isWarning) =>
            run.Report(new StageProblem(CommandLineConfig.File, line, "", key, reason) { IsWarning = isWarning }));
        foreach (var pass in Passes(stage)) RunEntries(pass, [.. said.Entries(pass, CommandLineConfig.File)], run);
        return new StageReport([.. run.Problems], run.EntriesRun, run.EntriesSkipped, run.CommandMicroseconds)
        {
            DisksChanged =
            run.DisksChanged, UserData = [.. run.UserData]
        };
    }

    private static string[] Passes(string stage) => [stage + ".before", stage, stage + ".after"];

    private void RunPasses(string stage, IReadOnlyList<ConfigSource> from, StageRun run)
    {
        var known = new Dictionary<ConfigSource, SourceDocuments>();
        foreach (var pass in Passes(stage))
        {
            foreach (var source in from)
            {
                known.TryGetValue(source, out var documents);
                documents = known[source] = Load(source, documents, pass, run);
                RunEntries(pass, documents.Documents, run);
            }
        }
    }

    private void RunEntries(string pass, List<SourceDocument> documents, StageRun run)
    {
        var entries = new List<StageEntry>();
        var isOrdered = documents.Exists(document => document.HasAfter(pass));
        foreach (var document in documents)
        {
            document.AddEntries(entries, pass);
            // Without an order the entries of a file run before those of the next are created: there may be thousands of files.
            if (isOrdered) continue;
            RunEntries(pass, entries, run);
            entries.Clear();
        }
        RunEntries(pass, entries, run);
    }

    private void RunEntries(string pass, IReadOnlyList<StageEntry> entries, StageRun run)
    {
        foreach (var entry in EntryOrder.Of(entries, run.Report))
        {
            EntryBegins?.Invoke();
            if (run.Memory.HasOthers) run.Memory.Forget();
            if (RunEntry(pass, entry, run)) run.EntriesRun++;
            else run.EntriesSkipped++;
        }
    }

    /// <summary>An entry may have written configs. As long as that is impossible, a pass uses what the one before has read.</summary>
    private static SourceDocuments Load(ConfigSource source, SourceDocuments? before, string stage, StageRun run)
    {
        if (before is not null && before.EntriesConsidered == run.EntriesConsidered) return before;
        var files = run.Documents.Find(source.Path, (path, reason) => run.Report(new StageProblem(path, 1, "", "", reason)));
        var documents = before is not null && ReferenceEquals(before.Files, files) ? before.Documents : Load(source, files, stage, run);
        return new SourceDocuments(files, documents, run.EntriesConsidered);
    }

    private static List<SourceDocument> Load(ConfigSource source, List<ConfigFile> files, string stage, StageRun run)
    {
        var documents = new List<SourceDocument>();
        var number = 0;
        foreach (var text in source.Texts)
            Add(documents, text.Name, report => run.Documents.Of(text.Name, Counted(text, run), report), number++, run);
        foreach (var file in files)
        {
            Add(documents, file.Path, report => run.Documents.Of(file.Path, run.Budget.Read(file, run.Documents), stage, report),
                number++, run);
        }
        return documents;
    }

    /// <summary>What a source contained after so many entries.</summary>
    private sealed class SourceDocuments(List<ConfigFile> files, List<SourceDocument> documents, int entriesConsidered)
    {
        internal List<ConfigFile> Files => files;
        internal List<SourceDocument> Documents => documents;
        internal int EntriesConsidered => entriesConsidered;
    }

    private sealed class SourceDocument(CloudConfigDocument document, string file, int number)
    {
        public bool HasAfter(string pass) => document.HasAfter(pass);

        public void AddEntries(List<StageEntry> entries, string pass) => document.AddEntries(entries, pass, file, number);
    }

    private static string Counted(ConfigText text, StageRun run)
    {
        if (text.Problem.Length > 0) throw new FormatException(text.Problem);
        run.Budget.Count(text.Name, Encoding.UTF8.GetByteCount(text.Content));
        return text.Content;
    }

    private static void Add(
        List<SourceDocument> documents, string file, Func<Finding, CloudConfigDocument> read, int number, StageRun run)
    {
        void Report(int line, string key, string reason, bool isWarning) =>
            run.Report(new StageProblem(file, line, "", key, reason) { IsWarning = isWarning });
        try { documents.Add(new(read(Report), file, number)); }
        catch (YamlFaultException e) { Report(e.Line, "", $"column {e.Column}: {e.Message}", isWarning: false); }
        catch (Exception e) when (e is SyscallException or FormatException or OperatorException)
        {
            Report(1, "", StageProblem.ReasonOf(e),
            isWarning: false);
        }
    }

    private bool RunEntry(string stage, StageEntry entry, StageRun run)
    {
        void Report(int line, string key, string reason, bool isWarning) =>
            run.Report(new StageProblem(entry.File, line, entry.Name, key, reason) { IsWarning = isWarning });
        // A document with a header has an entry for each stage that its keys can belong to. Without such keys there is nothing to do.
        if (entry.Node is YamlMapping { Pairs.Count: 0 }) return true;
        if (Table.Entry.Validate(entry.Node, "", Report) is not YamlMapping keys) return false;

        var entryRun = new EntryRun(entry.File, entry.Name, keys, run);
        foreach (var condition in EntryKeys.Conditions)
        {
            if (!Holds(condition, entry, keys, entryRun))
            {
                StageLog.Skipped(logger, stage, entry.File, entry.Name, condition.Name);
                return false;
            }
        }
        StageLog.Running(logger, stage, entry.File, entry.Name);
        foreach (var key in Table.Actions)
            if (keys.Find(key.Name) is { } value) Apply(key, value, entryRun);
        return true;
    }

    /// <summary>A condition with an invalid value skips the entry, because its purpose was to restrict it.</summary>
    private static bool Holds(ConditionKey condition, StageEntry entry, YamlMapping keys, EntryRun run)
    {
        if (keys.Find(condition.Name) is { } value) return Guard(condition.Name, value, run, () => condition.Holds(value, run));
        return ((YamlMapping)entry.Node).Find(condition.Name) is null or YamlScalar { IsNull: true };
    }

    private static void Apply(StageKey key, YamlNode value, EntryRun run) => Guard(key.Name, value, run, () =>
    {
        // Not a fault: an entry may be written for several stages.
        if (key.WorksIn == KeyPlace.Booted && run.IsInInitrd)
        {
            run.Warn(value.Line, key.Name, BootedOnly);
        }
        else
        {
            if (!key.OnlyWritesFiles) run.Memory.Forget();
            key.Apply(value, run);
        }
        return true;
    });

    private static bool Guard(string key, YamlNode value, EntryRun run, Func<bool> action)
    {
        try { return action(); }
        // The only broad catch of the runner: after any fault of a key, the next entries and the boot continue.
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            run.Fail(value.Line, key, StageProblem.ReasonOf(e));
            return false;
        }
    }
}
