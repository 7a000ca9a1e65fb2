using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The parts of a boot, composed once. Each has one job; <see cref="Boot"/> calls them in order.</summary>
internal sealed record BootParts(
    BootRecord Record, BootClock Clock, CommandLine CommandLine, WatchdogStart WatchdogStart, PstoreStart PstoreStart, Watchdog Watchdog,
    Devices Devices, PlanRunner Plans,
    SlotCounting Counting, Fallback Fallback, Kexec Kexec, BootStages Stages, BootMountTable Mounts, FailedBootReader FailedBoots,
        ReportFile Report, HandOver HandOver, FailureScreen Screen, BreakPoints Breaks)
{
    /// <summary>Mounts the kernel's own file systems, opens the log and reads the command line.</summary>
    public static BootParts Compose(ImmutableArray<Step> apiFileSystems)
    {
        var watchdog = new Watchdog();
        var clock = new BootClock(watchdog);
        Syscall.UMask(Octal.O022);
        foreach (var step in apiFileSystems) MountEarly((MountFileSystem)step);
        Syscall.OpenStandardStreams();
        var log = new BootLog();
        var record = new BootRecord(log);
        foreach (var step in apiFileSystems) record.Add(new StepResult(step, null, 0));
        var commandLine = new CommandLine(log, record);
        var modules = new KernelModules(request: commandLine.Request);
        modules.LoadAhead();
        var executor = new StepExecutor(modules, log, (image, program, arguments, limit) =>
            CheckChild.Start(image, program, arguments, limit, watchdog));
        var plans = new PlanRunner(executor, record, watchdog);
        var stages = new StageProcess(modules, log, watchdog);
        var devices = new Devices(modules, watchdog, record, clock, log);
        var counting = new SlotCounting(record, devices);
        var fallback = new Fallback(record, clock, devices, counting, stages);
        var handOver = new HandOver(clock, devices, stages, watchdog, log);
        var shell = new OperatorShell(handOver, record, watchdog);
        var keys = new KeyScreen(modules, clock, watchdog, shell);
        return new(record, clock, commandLine, new(watchdog, modules, record, log), new(modules, commandLine), watchdog, devices, plans,
            counting, fallback,
            new(commandLine, record, counting, fallback, watchdog, log), new(stages, record, clock), new(record, plans),
            new(record, devices, counting, fallback, log), new(record, clock, devices, modules, counting, stages, plans, log),
                handOver, new(devices, counting, fallback, handOver, shell, keys), new(keys, shell, record));
    }

    // Parts are not compared or printed. What the compiler would add for that is code for each of their types.
    public bool Equals(BootParts? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => 0;

    public override string ToString() => nameof(BootParts);

    // EBUSY: the kernel or a wrapper has mounted /dev already (CONFIG_DEVTMPFS_MOUNT does not do that for an initramfs).
    private static void MountEarly(MountFileSystem mount)
    {
        Syscall.MakeDirectories(mount.Target);
        var options = MountOptions.Parse(mount.Options);
        try { Syscall.Mount(mount.Source, mount.Target, mount.Type, options.Flags, options.Data); }
        catch (SyscallException e) when (e.Errno == Errno.EBUSY) { }
    }
}
