using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Lets a shell parse scripts without running them. Each script needs its own shell, because an open quote in one script of a list can hide
/// a fault in the next one. So several shells run at the same time, equal scripts are parsed once, and plain commands need no shell.
/// </summary>
internal sealed class ScriptLint
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private const int MaxWaiting = 256;
    // Longer and more scripts are parsed again, so that the memory is bounded.
    private const int MaxKnown = 10_000, MaxKnownLength = 256;

    /// <summary>A fault of a script; null: none.</summary>
    internal readonly record struct Fault(string Reason, bool IsWarning);

    private readonly List<(string Script, Action<Fault> Report)> waiting = [];
    private readonly Dictionary<string, Fault?> known = [];

    /// <summary>Checks the script now or in <see cref="Finish"/>.</summary>
    internal void Add(string script, Action<Fault> report)
    {
        if (PlainCommands.Are(script)) return;
        waiting.Add((script, report));
        if (waiting.Count == MaxWaiting) Finish();
    }

    /// <summary>Reports the faults of all scripts that wait, in the order in which they were added.</summary>
    internal void Finish()
    {
        List<string> scripts = [.. waiting.Select(item => item.Script).Distinct().Where(script => !known.ContainsKey(script))];
        var found = CheckAll(scripts);
        var faults = new Dictionary<string, Fault?>();
        for (var i = 0; i < scripts.Count; i++) faults.Add(scripts[i], found[i]);
        foreach (var (script, report) in waiting)
            if ((faults.TryGetValue(script, out var now) ? now : known[script]) is { } fault) report(fault);
        waiting.Clear();
        foreach (var script in scripts)
            if (script.Length <= MaxKnownLength && known.Count < MaxKnown) known.Add(script, faults[script]);
    }

    private static Fault?[] CheckAll(List<string> scripts)
    {
        var faults = new Fault?[scripts.Count];
        var failures = new Exception?[scripts.Count];
        var next = -1;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < faults.Length;)
            {
                try { faults[i] = Check(scripts[i]); }
                catch (Exception e) { failures[i] = e; } // thrown below
            }
        }
        var more = Math.Max(Math.Min(Environment.ProcessorCount, scripts.Count) - 1, 0);
        Thread[] others = [.. Enumerable.Range(0, more).Select(_ => new Thread(Work))];
        foreach (var thread in others) thread.Start();
        Work();
        foreach (var thread in others) thread.Join();
        foreach (var failure in failures)
            if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return faults;
    }

    /// <summary>Null: no fault, or no shell on this machine.</summary>
    private static Fault? Check(string script)
    {
        if (Read("sh", script) is not { } said) return null;
        // /bin/sh of the image may be another shell than /bin/sh of this machine.
        var isOfBash = StageFacts.FindProgram("bash") is not null && Read("bash", script) is null;
        return isOfBash ? new($"only bash can parse this: {said}", true) : new($"the shell cannot parse this: {said}", false);
    }

    private static string? Read(string shell, string script)
    {
        if (script.Contains('\0')) return "it contains a NUL character";
        if (StageFacts.FindProgram(shell) is not { } path) return null;
        var result = ChildProcess.Run(path, ["-n", "-c", script], [SystemPaths.StagePath, "LC_ALL=C"], Limit);
        return result.ExitCode == 0 ? null : Reason(result.Output);
    }

    /// <summary>The text after the names in <c>sh: 1: Syntax error: ...</c>.</summary>
    private static string Reason(string output)
    {
        var line = output.Split('\n')[0];
        var start = line.IndexOf("yntax error", StringComparison.Ordinal);
        return start > 0 ? line[(start - 1)..] : line;
    }
}
