using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>One running entry: what its keys need, and the report of their faults.</summary>
/// <param name="file">The file of the entry.</param>
/// <param name="name">The entry's name.</param>
/// <param name="keys">Its keys. Their values fit the schemas.</param>
/// <param name="run">What all entries of the stage share.</param>
internal sealed class EntryRun(string file, string name, YamlMapping keys, StageRun run)
{
    internal const string Shell = "/bin/sh";
    private const int MaxSaid = 200, MaxName = 40;

    internal YamlMapping Keys { get; } = keys;
    internal StageFacts Facts => run.Facts;
    internal Action<string> LoadFileSystem => run.LoadFileSystem;
    internal Action AwaitDrivers => run.AwaitDrivers;
    internal bool IsInInitrd => run.IsInInitrd;
    internal TreeMemory Memory => run.Memory;

    /// <summary>Null: no network.</summary>
    internal RemoteText? Fetch => run.Fetch;

    /// <inheritdoc cref="StageRun.WarnOfPlainUrl"/>
    internal void WarnOfPlainUrl(string url, string display, int line, string key) =>
        run.WarnOfPlainUrl(url, display, reason => Warn(line, key, reason));
    internal CancellationToken CancellationToken => run.CancellationToken;

    internal void Fail(int line, string key, string reason) => run.Report(new StageProblem(file, line, name, key, reason));

    internal void Warn(int line, string key, string reason) =>
        run.Report(new StageProblem(file, line, name, key, reason) { IsWarning = true });

    /// <summary>A <see cref="Finding"/>.</summary>
    internal void Report(int line, string key, string reason, bool isWarning)
    {
        if (isWarning) Warn(line, key, reason);
        else Fail(line, key, reason);
    }

    /// <summary>Runs the action of one item. An exception becomes a problem at that line.</summary>
    internal void Attempt(int line, string key, Action action)
    {
        try { action(); }
        catch (Exception e) when (e is SyscallException or FormatException or TemplateException or OperatorException)
        {
            Fail(line, key,
            StageProblem.ReasonOf(e));
        }
    }

    /// <summary>The text with its templates filled in. If one fails: a warning and the text unchanged.</summary>
    internal string Render(string text, int line, string key)
    {
        if (!Template.IsTemplate(text)) return text;
        try
        {
            var rendered = Template.Render(text, TemplateFields.Under("Values", MachineValues.Of(Facts)));
            if (rendered.Contains(Template.Print(null), StringComparison.Ordinal))
                Warn(line, key, $"its template uses a value that this machine does not have, which became {Template.Print(null)}");
            return rendered;
        }
        catch (Exception e) when (e is TemplateException or OperatorException)
        {
            Warn(line, key, $"template not filled in: {StageProblem.ReasonOf(e)}");
            return text;
        }
    }

    /// <summary>Reports a partition or file system that was created or enlarged.</summary>
    internal void ReportDisk(string what)
    {
        run.DisksChanged = true;
        Log(what);
    }

    /// <summary>Runs a script. Null: it did not start or exceeded the limit, which is reported.</summary>
    internal CommandResult? RunShell(string script, int line, string key)
    {
        if (Syscall.Access(Shell, Syscall.X_OK)) return Run(new ProgramCall(Shell, ["-c", script]), line, key);
        Fail(line, key, $"this root has no {Shell}");
        return null;
    }

    /// <summary>The last line that a program has printed; empty: nothing.</summary>
    internal static string LastLine(CommandResult result)
    {
        var output = result.Output.AsSpan().TrimEnd();
        return output[(output.LastIndexOf('\n') + 1)..].Trim().ToString();
    }

    /// <summary><see cref="LastLine"/> as the end of a message: <c>: No such file</c>.</summary>
    internal static string Said(CommandResult result) =>
        LastLine(result) is { Length: > 0 } said ? ": " + (said.Length > MaxSaid ? said[..MaxSaid] + "..." : said) : "";

    /// <summary>The first command of a script without its arguments, which may contain a password: <c>systemctl</c>. Empty: not
    /// clear.</summary>
    internal static string CommandName(string script)
    {
        foreach (var line in script.Split('\n'))
        {
            foreach (var word in line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (word[0] == '#') break;
                // A quoted value may continue in the next words: PASSWORD="two words" program.
                if (word.AsSpan().ContainsAny("\"'`$\\")) return "";
                if (word.Contains('=')) continue;
                var end = word.AsSpan().IndexOfAny(";|&<>()");
                return word[..Math.Min(end < 0 ? word.Length : end, MaxName)];
            }
        }
        return "";
    }

    /// <summary>
    /// Runs a program and returns its exit code. Its output is logged with the entry's name. Null as for <see cref="RunShell"/>.
    /// </summary>
    internal int? RunProgram(string program, IReadOnlyList<string> arguments, int line, string key) =>
        Run(new ProgramCall(program, arguments), line, key)?.ExitCode;

    /// <summary>
    /// Runs a program and returns its exit code and output, without the secrets. The output is also logged. Null as for <see
    /// cref="RunShell"/>.
    /// </summary>
    /// <param name="call">Its program is a path.</param>
    /// <param name="line">Line in the file.</param>
    /// <param name="key">The key that starts it.</param>
    internal CommandResult? Run(ProgramCall call, int line, string key)
    {
        var start = Syscall.BootTimeMicroseconds();
        CommandResult? result = null;
        run.Memory.NoteProgram();
        var limit = call.Limit ?? run.CommandLimit;
        var environment = call.User is null ? run.EnvironmentWith(call.Variables) : call.Variables;
        Attempt(line, key, () => result =
            ChildProcess.Run(call.Tool, call.Arguments, environment, limit, call.Input, call.Output, user: call.User));
        run.CommandMicroseconds += Syscall.BootTimeMicroseconds() - start;
        run.CancellationToken.ThrowIfCancellationRequested();
        if (result is null) return null;
        var output = result.Output;
        foreach (var secret in call.Secrets) output = output.Replace(secret, "(hidden)");
        foreach (var text in output.Split('\n'))
            if (text.AsSpan().TrimEnd().Length > 0) StageLog.Output(run.Logger, name, text.TrimEnd());
        if (!result.TimedOut) return result with { Output = output };
        Fail(line, key, $"still running after {limit.TotalSeconds:0} s: killed");
        return null;
    }

    /// <summary>Runs a program of the image. A missing program and an exit code other than 0 are problems.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Shown in a problem unless there are secrets.</param>
    /// <param name="line">Line in the file.</param>
    /// <param name="key">The key that starts it.</param>
    /// <param name="secrets">Texts in the arguments that must not be logged.</param>
    internal void RunTool(string tool, IReadOnlyList<string> arguments, int line, string key, IReadOnlyList<string>? secrets = null)
    {
        if (StageFacts.FindProgram(tool) is not { } program) Fail(line, key, $"this root has no {tool}");
        else if (Run(new ProgramCall(program, arguments) { Secrets = secrets ?? [] }, line, key)?.ExitCode is { } code and not 0)
            Fail(line, key, $"{tool}{(secrets is { Count: > 0 } ? "" : " " + string.Join(' ', arguments))}: exit code {code}");
    }

    /// <summary>The first line that a shell command prints, or an empty text.</summary>
    internal string ReadFirstLine(string command, int line, string key)
    {
        CommandResult? result = null;
        run.Memory.NoteProgram();
        Attempt(line, key, () => result =
            ChildProcess.Run(Shell, ["-c", $"{{ {command}\n}} 2>/dev/null"], run.EnvironmentWith([]), run.CommandLimit));
        return result?.Output.Split('\n')[0].Trim() ?? "";
    }

    /// <summary>Records that this stage uses the user-data of a volume.</summary>
    internal void RecordUserData(UserDataMark volume)
    {
        if (!run.UserData.Contains(volume)) run.UserData.Add(volume);
    }

    /// <summary>Logs an important change. Less important changes: <see cref="Executed"/>.</summary>
    internal void Log(string what) => StageLog.Output(run.Logger, name, what);

    internal void Executed(string what) => StageLog.Done(run.Logger, name, what);
}
