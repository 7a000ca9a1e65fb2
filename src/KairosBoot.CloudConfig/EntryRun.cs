using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>One entry while it runs: what its keys need, and where they say what went wrong.</summary>
/// <param name="file">The file the entry is from.</param>
/// <param name="name">The entry's name.</param>
/// <param name="keys">Its keys, conforming to their shapes.</param>
/// <param name="run">What all entries of the run share.</param>
internal sealed class EntryRun(string file, string name, YamlMapping keys, StageRun run)
{
    private const string Shell = "/bin/sh";

    internal YamlMapping Keys { get; } = keys;
    internal StageFacts Facts => run.Facts;
    internal Action<string> LoadFileSystem => run.LoadFileSystem;
    internal bool IsInInitrd => run.IsInInitrd;

    /// <summary>Null: there is no network to fetch from.</summary>
    internal RemoteText? Fetch => run.Fetch;

    /// <inheritdoc cref="StageRun.WarnOfPlainUrl"/>
    internal void WarnOfPlainUrl(string url, string display, int line, string key) => run.WarnOfPlainUrl(url, display, reason => Warn(line, key, reason));
    internal CancellationToken Interrupt => run.Interrupt;

    internal void Fail(int line, string key, string reason) => run.Report(new StageProblem(file, line, name, key, reason));

    internal void Warn(int line, string key, string reason) => run.Report(new StageProblem(file, line, name, key, reason) { IsWarning = true });

    /// <summary>Does one item of a key; what it throws becomes a problem at that line, and the next item follows.</summary>
    internal void Attempt(int line, string key, Action action)
    {
        try { action(); }
        catch (Exception e) when (e is SyscallException or FormatException or TemplateException or OperatorException) { Fail(line, key, StageProblem.ReasonOf(e)); }
    }

    /// <summary>The text with its templates filled in; as it is, with a warning, where one cannot be.</summary>
    internal string Render(string text, int line, string key)
    {
        if (!Template.IsTemplate(text)) return text;
        try { return Template.Render(text, TemplateFields.Under("Values", MachineValues.Of(Facts))); }
        catch (Exception e) when (e is TemplateException or OperatorException)
        {
            Warn(line, key, $"template left as it is: {StageProblem.ReasonOf(e)}");
            return text;
        }
    }

    /// <summary>A partition or a file system that was made, or made larger.</summary>
    internal void ReportDisk(string what)
    {
        run.DisksChanged = true;
        Tell(what);
    }

    /// <summary>Runs a script. Null, with the problem reported: there is no shell, or it could not be started or did not end in
    /// time.</summary>
    internal int? RunShell(string script, int line, string key)
    {
        if (Syscall.Access(Shell, Syscall.X_OK)) return RunProgram(Shell, ["-c", script], line, key);
        Fail(line, key, $"this root has no {Shell}");
        return null;
    }

    /// <summary>Exit code; the output goes to the log under the entry's name. Null as for <see cref="RunShell"/>.</summary>
    internal int? RunProgram(string program, IReadOnlyList<string> arguments, int line, string key) => Run(new ProgramCall(program, arguments), line, key)?.ExitCode;

    /// <summary>Its end and its output, without the secrets; the log has the output too. Null as for <see cref="RunShell"/>.</summary>
    /// <param name="call">Its program is a path.</param>
    /// <param name="line">Where in the file.</param>
    /// <param name="key">The key that asks for it.</param>
    internal CommandResult? Run(ProgramCall call, int line, string key)
    {
        var start = Syscall.BootTimeMicroseconds();
        CommandResult? result = null;
        var limit = call.Limit ?? run.CommandLimit;
        var environment = call.User is null ? run.EnvironmentWith(call.Variables) : call.Variables;
        Attempt(line, key, () => result = ChildProcess.Run(call.Tool, call.Arguments, environment, limit, call.Input, call.Output, user: call.User));
        run.CommandMicroseconds += Syscall.BootTimeMicroseconds() - start;
        run.Interrupt.ThrowIfCancellationRequested();
        if (result is null) return null;
        var output = result.Output;
        foreach (var secret in call.Secrets) output = output.Replace(secret, "(hidden)");
        foreach (var text in output.Split('\n'))
            if (text.AsSpan().TrimEnd().Length > 0) StageLog.Output(run.Logger, name, text.TrimEnd());
        if (!result.TimedOut) return result with { Output = output };
        Fail(line, key, $"still running after {limit.TotalSeconds:0} s: killed");
        return null;
    }

    /// <summary>As <see cref="Run"/>, for programs of the image; a missing one and a bad end are problems.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Named in a problem where there are no secrets among them.</param>
    /// <param name="line">Where in the file.</param>
    /// <param name="key">The key that asks for it.</param>
    /// <param name="secrets">Texts of the arguments that nobody may read in a log.</param>
    internal void RunTool(string tool, IReadOnlyList<string> arguments, int line, string key, IReadOnlyList<string>? secrets = null)
    {
        if (StageFacts.FindProgram(tool) is not { } program) Fail(line, key, $"this root has no {tool}");
        else if (Run(new ProgramCall(program, arguments) { Secrets = secrets ?? [] }, line, key)?.ExitCode is { } code and not 0)
            Fail(line, key, $"{tool}{(secrets is { Count: > 0 } ? "" : " " + string.Join(' ', arguments))}: exit code {code}");
    }

    /// <summary>The first line a shell command prints; empty where it prints none.</summary>
    internal string Ask(string command, int line, string key)
    {
        CommandResult? result = null;
        Attempt(line, key, () => result = ChildProcess.Run(Shell, ["-c", $"{{ {command}\n}} 2>/dev/null"], run.EnvironmentWith([]), run.CommandLimit));
        return result?.Output.Split('\n')[0].Trim() ?? "";
    }

    /// <summary>User-data from a volume takes effect in this stage.</summary>
    internal void Took(UserDataMark volume)
    {
        if (!run.UserData.Contains(volume)) run.UserData.Add(volume);
    }

    /// <summary>What was done, where everybody may want to know it.</summary>
    internal void Tell(string what) => StageLog.Output(run.Logger, name, what);

    internal void Executed(string what) => StageLog.Done(run.Logger, name, what);
}
