using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

/// <summary>The machine as the boot acts on it, one call a step of <see cref="Boot"/>, and what has come of the steps so far.</summary>
internal sealed partial class Machine
{
    // Data that is not the system's own gets this long to appear; the system's own has the whole deadline.
    private static readonly TimeSpan OtherVolumes = TimeSpan.FromSeconds(10);

    private readonly ImmutableArray<StepResult>.Builder results = ImmutableArray.CreateBuilder<StepResult>();
    private readonly ImmutableArray<MountInfo>.Builder mounts = ImmutableArray.CreateBuilder<MountInfo>();
    private readonly ImmutableArray<(StepClass, string)>.Builder problems = ImmutableArray.CreateBuilder<(StepClass, string)>();
    private readonly ImmutableArray<ConfigProblem>.Builder configProblems = ImmutableArray.CreateBuilder<ConfigProblem>();
    private readonly List<UserDataMark> userData = [];
    private readonly ImmutableArray<(string, long)>.Builder phases = ImmutableArray.CreateBuilder<(string, long)>();
    private readonly long start;
    private long phaseStart;
    private readonly BootLog log;
    private readonly KernelModules modules;
    private readonly StepExecutor executor;
    private readonly StageProcess stages;
    private readonly Watchdog watchdog = new();
    private string? commandLine;
    private DeviceWatch? devices;
    private SwitchRoot? oldRoot;

    private Machine(long start, BootLog log)
    {
        this.start = phaseStart = start;
        this.log = log;
        modules = new KernelModules();
        executor = new StepExecutor(modules, log, (image, program, arguments, limit) => CheckChild.Start(image, program, arguments, limit, watchdog));
        stages = new StageProcess(log, watchdog);
    }

    /// <summary>Mounts the kernel's own file systems; then there is somewhere to log to.</summary>
    public static Machine Start(ImmutableArray<Step> apiFileSystems)
    {
        var start = Syscall.BootTimeMicroseconds();
        Syscall.UMask(Octal.O022);
        foreach (var step in apiFileSystems) MountEarly((MountFileSystem)step);
        var machine = new Machine(start, new BootLog());
        foreach (var step in apiFileSystems) machine.results.Add(new StepResult(step, null, 0));
        return machine;
    }

    // The kernel may have mounted /dev already (CONFIG_DEVTMPFS_MOUNT does not for an initramfs, a wrapper might): EBUSY is as good.
    private static void MountEarly(MountFileSystem mount)
    {
        Syscall.MakeDirectories(mount.Target);
        var options = MountOptions.Parse(mount.Options);
        try { Syscall.Mount(mount.Source, mount.Target, mount.Type, options.Flags, options.Data); }
        catch (SyscallException e) when (e.Errno == Errno.EBUSY) { }
    }

    public BootRequest Request { get; private set; } = BootRequestParser.Parse(KernelCommandLine.Parse(""));

    public BootRequest ReadRequest()
    {
        // Once: whatever this boot turns to later, it stays this machine's.
        if (commandLine is null)
        {
            commandLine = FileText.Read("/proc/cmdline");
            Request = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));
            kernelOf = Request.Slot;
            log.Verbose = Request.Debug;
            foreach (var warning in Request.Warnings) Note(StepClass.Optional, "command line: " + warning);
        }
        Booting(Request.Slot.Name(), Request.ImagePath, Syscall.KernelRelease());
        if (Request.WatchdogSeconds is { } seconds && !watchdog.IsArmed) ArmWatchdog(seconds);
        EndPhase("start");
        return Request;
    }

    /// <summary>Waits until the boot disk is there.</summary>
    /// <exception cref="OperatorException">It is not, or cannot be told from another one.</exception>
    /// <exception cref="BootFailureException">It did not appear.</exception>
    public BootDisk FindBootDisk(BootRequest request)
    {
        devices?.Dispose();
        devices = new DeviceWatch(modules, log, watchdog);
        EndPhase("drivers");
        var oemDeadline = Deadline(request.OemTimeout);
        BootDiskDecision Decide(ImmutableArray<BlockDevice> seen, bool final) =>
            BootDiskSearch.Decide(request, seen, final || Syscall.BootTimeMicroseconds() >= oemDeadline);
        bool Decided(ImmutableArray<BlockDevice> seen) => Decide(seen, final: false) is { Missing.IsEmpty: true };
        devices.WaitUntil(Decided, Math.Min(oemDeadline, Deadline(request.DeviceTimeout)), Missing);
        devices.WaitUntil(Decided, Deadline(request.DeviceTimeout), Missing);
        var decision = Decide(devices.Devices, final: true);
        if (decision.Refusal is { } refusal) throw refusal;
        if (decision.Disk is { } disk)
        {
            EndPhase("disk");
            NoteDamage(disk);
            return disk;
        }
        throw new BootFailureException(new(FailureKind.ImagesMissing,
            $"{Missing()} did not appear within {request.DeviceTimeout.TotalSeconds} s: {MissingDevices.Purpose(request)}\n" +
            MissingDevices.Seen(devices.Devices, modules.Problems, modules.UnmatchedHardware))
        {
            Fix = "connect the disk, label the partition, or add its driver to the initrd (kboot initrd build --modules)",
        });

        string Missing() => string.Join(", ", Decide(devices.Devices, final: false).Missing);
    }

    private long Deadline(TimeSpan time) => start + (long)time.TotalMicroseconds;

    public void Apply(ImmutableArray<Step> plan)
    {
        foreach (var step in plan)
        {
            var result = executor.Apply(step);
            results.Add(result);
            watchdog.Feed();
            if (result.Note is { } note) Note(StepClass.Optional, note);
        }
    }

    /// <summary>The image must be able to take over before anything of it is made writable.</summary>
    public void CheckImage(string init)
    {
        if (Syscall.TryStatInRoot(SystemPaths.Sysroot, init) is not { Type: FileType.Regular } program || (program.Mode & Octal.O111) == 0)
        {
            // What the command line asks for is not the image's fault.
            throw init != BootRequest.UsualInit ? new OperatorException($"the image {Request.ImagePath} has no program {init}", "name one that is there with init=") :
                Unbootable($"the image {Request.ImagePath} has no program {init}", "put an init in the image, or name one with init=");
        }

        foreach (var mount in ApiFileSystems.Moved)
        {
            if (Syscall.TryStat(SystemPaths.Sysroot + mount) is not { Type: FileType.Directory })
                throw Unbootable($"the image {Request.ImagePath} has no directory {mount}", "add it when the image is built");
        }

        if (turned) CheckModules();
    }

    private static BootFailureException Unbootable(string problem, string fix) =>
        new(new(FailureKind.ImageUnbootable, problem) { Fix = fix, Fault = SlotFault.NoInit });

    /// <summary>Tells this image from the ones that booted before it.</summary>
    /// <returns>Empty where that cannot be said: persistent paths are then compared with the image as with a new one.</returns>
    public string ImageId(BootRequest request)
    {
        // Recovery keeps nothing.
        if (request.WithoutPersistence) return "";
        try { return imageId = ImageIdentity.Of(SystemPaths.State + request.ImagePath); }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            Note(StepClass.Degraded, "the image cannot be told from others: " + e.Message);
            return "";
        }
    }

    /// <summary>A stage that sees the image but changes nothing of it. The disks it may change.</summary>
    public void RunRootfsStage(string stage)
    {
        var outcome = RunStage(stage, SystemPaths.Sysroot);
        // A command may have made a file system, which no event tells.
        if (outcome.DisksChanged || outcome.CommandMicroseconds > 0) devices!.LookAgain();
    }

    /// <summary>A stage in the new root.</summary>
    public void RunStage(string stage) => RunStage(stage, "/");

    private StageOutcome RunStage(string stage, string image)
    {
        EndPhase(stage == "rootfs" ? "root" : "layout");
        var outcome = stages.Run(stage, image);
        configProblems.AddRange(outcome.Problems);
        foreach (var volume in outcome.UserData)
            if (!userData.Contains(volume)) userData.Add(volume);
        if (outcome.Error is { } error) Note(StepClass.Degraded, error);
        EndPhase(stage);
        return outcome;
    }

    public Layout ReadLayout(BootRequest request)
    {
        var layout = LayoutReader.Read(request, TryReadLayout(SystemPaths.Layout), TryReadLayout(SystemPaths.ExtraLayout), TryReadLayout(SystemPaths.CustomLayout));
        foreach (var problem in layout.Problems) Note(StepClass.Degraded, "layout: " + problem);
        return layout;
    }

    // A config has written it, or made a FIFO or a link of it: then it counts as missing.
    private string? TryReadLayout(string path)
    {
        try { return BoundedFile.TryReadText(path, ReadLimit.SystemFile); }
        catch (SyscallException e) { Note(StepClass.Degraded, $"layout: {e.Message}; the file is not used"); }
        catch (OperatorException e) { Note(StepClass.Degraded, $"layout: {e.Problem}; the file is not used"); }
        return null;
    }

    /// <summary>Waits for the volumes of the layout: for the machine's own as long as for the boot disk, for others a little.</summary>
    /// <exception cref="BootFailureException">A required one is missing.</exception>
    public ImmutableArray<FoundVolume> FindVolumes(Layout layout, BootDisk disk)
    {
        VolumeDecision Decide(ImmutableArray<BlockDevice> seen) => VolumeSearch.Decide(layout, Request, seen, disk);
        devices!.WaitUntil(seen => Decide(seen).Awaited.IsEmpty, Syscall.BootTimeMicroseconds() + (long)OtherVolumes.TotalMicroseconds, Missing);
        if (HasRequired(layout.Volumes)) devices.WaitUntil(seen => !HasRequired(Decide(seen).Awaited), Deadline(Request.DeviceTimeout), Missing);
        var decision = Decide(devices.Devices);
        foreach (var problem in decision.Problems) NoteVolume(problem);
        foreach (var volume in decision.Awaited) NoteVolume(VolumeSearch.WithMeaning(volume, Request.PolicyFor(volume), $"{volume}: no such device appeared"));
        return decision.Volumes;

        string Missing() => string.Join(", ", Decide(devices.Devices).Awaited);
    }

    private static bool HasRequired(ImmutableArray<VolumeRequest> volumes)
    {
        foreach (var volume in volumes)
            if (volume.Class == StepClass.Required) return true;
        return false;
    }

    private void NoteVolume((StepClass Class, string Text) problem)
    {
        if (problem.Class == StepClass.Required)
        {
            throw new BootFailureException(new(FailureKind.VolumeUnusable, problem.Text + "\n" + MissingDevices.Seen(devices!.Devices, modules.Problems, modules.UnmatchedHardware))
            {
                Fix = "repair or recreate the partition; recovery boots without it, and with kairosboot.persistent=tmpfs this system does",
            });
        }

        Note(problem.Class, "volume " + problem.Text);
    }

    /// <summary>The device of the overlays; null where they live in memory.</summary>
    public BlockDevice? FindOverlayDevice(Layout layout, BootDisk disk)
    {
        if (layout.Overlay.Device is not { } wanted) return null;
        var found = DeviceSearch.Find(wanted, devices!.Devices, disk.Disk, onBootDiskOnly: false);
        if (found.Device is { Superblock.Mountable: true } device) return device;
        Note(StepClass.Degraded, $"OVERLAY={wanted} is not there; the overlays live in memory instead");
        return null;
    }

    /// <summary>Ends the phase that began where the last one ended.</summary>
    private void EndPhase(string name)
    {
        watchdog.Feed();
        var now = Syscall.BootTimeMicroseconds();
        phases.Add((name, now - phaseStart));
        phaseStart = now;
    }

    private void Note(StepClass stepClass, string text)
    {
        problems.Add((stepClass, text));
        if (stepClass == StepClass.Optional) Noted(text);
        else NotedLoudly(text);
    }

    // Shown even on a console that was asked to be quiet.
    [LoggerMessage(Level = LogLevel.Error, Message = "{Text}")]
    private partial void NotedLoudly(string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Text}")]
    private partial void Noted(string text);

    [LoggerMessage(Level = LogLevel.Information, Message = "booting {Slot} from {Image}, kernel {Kernel}")]
    private partial void Booting(string slot, string image, string kernel);
}
