using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// A shell on a console, where <c>kairosboot.shell=</c> allows one: that of the mounted image, or the one that the initrd was built with.
/// PID 1 waits for it, feeds the watchdog, and afterwards ends all processes that it has left.
/// </summary>
internal sealed class OperatorShell(HandOver handOver, BootRecord record, Watchdog watchdog)
{
    private const int SecondsPerBoot = 60 * 60;
    private const string PasswordSeconds = "120";
    private const long Second = 1_000_000;

    private long used;

    /// <summary>The time of all shells of this boot, in microseconds.</summary>
    public long Used => used;

    /// <summary>Which shell would open, or why none does.</summary>
    public ShellDecision Decide(BootRequest request)
    {
        if (request.Shell == ShellMode.Never) return ShellRule.Decide(ShellMode.Never, new());
        if (used >= SecondsPerBoot * Second)
            return new("", "", "the shells of this boot have had their 60 min");
        try { return ShellRule.Decide(request.Shell, Places()); }
        catch (Exception e) when (e is SyscallException or OperatorException) { return new("", "", e.Message); }
    }

    /// <summary>Runs it until it ends, or until its time is over.</summary>
    /// <param name="shell">A shell that is not refused.</param>
    /// <param name="mode">Why it may open.</param>
    /// <param name="console">The name of the console.</param>
    /// <param name="log">Says what happens.</param>
    /// <returns>How it ended. The caller shows it when the console takes keys again.</returns>
    public string Run(ShellDecision shell, ShellMode mode, string console, KernelLog log)
    {
        var start = Syscall.BootTimeMicroseconds();
        var left = SecondsPerBoot - used / Second;
        record.Note(StepClass.Degraded, "a shell was opened on " + console + ": " + shell.Program);
        log.Write(2, KeyTexts.ShellOpens(shell.Program, console, left));
        var terminal = "/dev/" + console;
        // sulogin(8): how long it waits for the password, and the terminal.
        string[] arguments = mode == ShellMode.Auth
            ? [ShellChild.Verb, shell.Root, terminal, shell.Program, "-t", PasswordSeconds, terminal]
            : [ShellChild.Verb, shell.Root, terminal, shell.Program];
        string end;
        try
        {
            var result = ChildProcess.Run("/proc/self/exe", arguments,
                StageProcess.Environment(), TimeSpan.FromSeconds(left), waiting: _ => watchdog.Feed(), ownSession: true);
            end = result.Output + (result.TimedOut ? "the time of the shell is over" : "the shell has ended");
        }
        catch (SyscallException e) { end = e.Message; }
        Processes.EndStartedSince(start);
        used += Syscall.BootTimeMicroseconds() - start;
        return end;
    }

    private ShellPlaces Places()
    {
        var hasDebugShell = !handOver.HasNewRoot && Syscall.TryStat(SystemPaths.DebugShell) is not null;
        var image = handOver.HasNewRoot ? "/" : SystemPaths.Sysroot;
        if (!handOver.HasNewRoot && MountTable.Find(image) is null) return new() { HasDebugShell = hasDebugShell };
        return new()
        {
            Image = image, HasDebugShell = hasDebugShell, SuLogin = Find(image, "sulogin"), Shell = Find(image, "sh"),
            Shadow = Shadow(image),
        };
    }

    // Only a file of the image itself: a place that users write to is on another file system.
    private static string? Find(string image, string name)
    {
        var own = Syscall.TryStat(image)!.Value.Device;
        foreach (var directory in SystemPaths.ProgramDirectories)
        {
            var path = directory + "/" + name;
            if (Syscall.TryStatInRoot(image, path) is { Type: FileType.Regular } file && (file.Mode & Octal.O111) != 0
                && file.Device == own)
            {
                return path;
            }
        }
        return null;
    }

    private static string? Shadow(string image)
    {
        using var file = Syscall.TryOpenInRoot(image, "/etc/shadow", OpenFlags.Path);
        return file is null ? null : Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemFile));
    }
}
