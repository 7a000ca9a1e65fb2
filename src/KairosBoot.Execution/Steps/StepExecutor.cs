using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A required step failed: the boot must not continue.</summary>
/// <param name="result">The step and its result.</param>
/// <param name="error">Why it failed.</param>
/// <param name="cause">The exception in the step.</param>
public sealed class StepFailedException(StepResult result, StepError error, Exception? cause = null)
    : Exception(string.Concat(result.Step.Command, ": ", error.ToString()), cause)
{
    public StepResult Result { get; } = result;

    public StepError Error { get; } = error;
}

/// <summary>Executes plans: one switch, one call for each kind of step, one log line and one duration for each step.</summary>
/// <param name="modules">Loads the driver of a file system.</param>
/// <param name="logger">Gets one line for each step.</param>
/// <param name="imageProgram">Runs the image's fsck; null: run it with this process's own root.</param>
public sealed class StepExecutor(KernelModules modules, MessageLog logger, ImageProgram? imageProgram = null)
{
    private readonly FileSystemCheck check = new(imageProgram ?? InPlace, logger);

    /// <summary>Executes all steps of the plan in order.</summary>
    /// <exception cref="StepFailedException">A required step failed; the steps after it were not executed.</exception>
    /// <exception cref="RecoveryWantedException">A volume is damaged, and its policy is to boot recovery.</exception>
    public ImmutableArray<StepResult> Apply(ImmutableArray<Step> plan)
    {
        var results = ImmutableArray.CreateBuilder<StepResult>(plan.Length);
        using var binds = new StoreBinds();
        foreach (var step in plan) results.Add(Apply(step, binds, results));
        return results.ToImmutable();
    }

    /// <summary>Executes a single step, as a plan without other steps.</summary>
    public StepResult Apply(Step step, IReadOnlyList<StepResult>? before = null)
    {
        using var binds = new StoreBinds();
        return Apply(step, binds, before ?? []);
    }

    /// <param name="step">The step.</param>
    /// <param name="binds">The binds of the steps before it in its plan.</param>
    /// <param name="before">All steps before it. If a message about a volume has named what is lost with it, a failure for this reason is
    /// not reported again.</param>
    public StepResult Apply(Step step, StoreBinds binds, IReadOnlyList<StepResult> before)
    {
        if (step is not BindPersistent) binds.Close();
        var start = Syscall.BootTimeMicroseconds();
        StepError? error = null;
        string? shortfall = null, note = null;
        var isReadOnly = false;
        VolumeOutcome? volume = null;
        Exception? cause = null;
        // One of the few broad catches: a failure in one step must not stop steps that do not depend on it.
        try
        {
            if (step is MountVolume mount) (shortfall, note) = ((volume = Mount(mount)).Shortfall, volume.Note);
            else if (step is SeedPersistent seed) shortfall = Seed(seed, out isReadOnly);
            else if (step is MountOverlay overlay) shortfall = OverlayMount.Do(overlay, modules, out isReadOnly);
            else if (step is CommitMachineId identity) shortfall = MachineId.Commit(identity, out note);
            else if (step is SetClock clock) Clock.Set(clock, out note);
            else if (step is BindPersistent bind) binds.Do(bind.Directory, bind.ChangesOptions ? bind.Options : null);
            else shortfall = Do(step);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or RecoveryWantedException))
        {
            error = Troubles.ToError(step, cause = e);
            isReadOnly |= e is MissingStoreException or SyscallException { Errno: Errno.EROFS };
        }
        var result = new StepResult(step, error, Syscall.BootTimeMicroseconds() - start)
        {
            Start = start, Shortfall = shortfall, Note = note,
            // The content of a file is not part of the log.
            Text = step is WriteFile ? null : step.Command,
        };
        if (volume is not null) result = result with { Mount = volume.Mount };
        if (error is not null && step.Class == StepClass.Required) throw new StepFailedException(result, error, cause);
        if (isReadOnly && StoredPaths.AreLost(step, before)) return result;
        if (error is not null) Failed(BootReport.ClassName(step.Class), result.Summary, error.ToString());
        else if (shortfall is not null) PartlyDone(BootReport.ClassName(step.Class), result.Summary, shortfall);
        else Done(BootReport.ClassName(step.Class), result.Summary, result.Microseconds.ToString());
        return result;
    }

    /// <summary>Null: done; a sentence: only a part of the step was done.</summary>
    private string? Do(Step step)
    {
        switch (step)
        {
            case WriteFile write: Write(write); return null;
            case KeepFile keep: KeptFile.Do(keep); return null;
            case MountFileSystem mount: Mount(mount); return null;
            case MountImage image: Mount(image); return null;
            case BindMount bind: Bind(bind); return null;
            case WriteLink link: Write(link); return null;
            case LinkExtensions extensions: return ExtensionLinks.Do(extensions);
            case SetMountOptions change: MountAttributes.Set(change.Target, MountOptions.Parse(change.Options).Flags); return null;
            default: throw new InvalidOperationException("no such step: " + step);
        }
    }

    private static void Write(WriteFile write)
    {
        using var place = StepPlace.File(write.Path);
        using var file = new FileReplacement(place, write.Mode, uid: 0, gid: 0);
        Syscall.WriteAll(file.File, Encoding.UTF8.GetBytes(write.Content));
        file.Commit();
    }

    private void Mount(MountFileSystem mount)
    {
        using var target = StepPlace.MountPoint(mount.Target);
        modules.LoadFileSystem(mount.Type);
        var options = MountOptions.Parse(mount.Options);
        Syscall.Mount(mount.Source, target, mount.Type, options.Flags, options.Data);
    }

    private VolumeOutcome Mount(MountVolume volume)
    {
        using var target = StepPlace.MountPoint(volume.Target);
        modules.LoadFileSystem(volume.Type);
        return new VolumeMount(volume, target, check).Run();
    }

    private static CommandResult InPlace(string image, string program, IReadOnlyList<string> arguments, TimeSpan limit) =>
        ChildProcess.Run(image.TrimEnd('/') + program, arguments, [SystemPaths.ProgramPath], limit);

    private void Mount(MountImage mount)
    {
        if (mount.Otherwise is { } other && Syscall.TryStat(mount.Image) is null && Syscall.TryStat(other) is not null)
            mount = mount with { Image = other };
        if (Syscall.TryStat(mount.Image) is not { } status)
            throw new OperatorException($"image {mount.Image} is missing", "put an image there, or boot another slot");
        if (status.Type != FileType.Regular) throw new OperatorException($"image {mount.Image} is not a file", "put an image there");
        using var image = ImageIdentity.Open(mount.Image)!;
        var superblock = BlockProbe.Superblock(image)
            ?? throw new OperatorException($"image {mount.Image} ({ByteSize.Text(status.Size)}) has no known file system",
                "write the image again");
        if (superblock.SizeBytes > status.Size)
        {
            throw new OperatorException(
                $"image {mount.Image} is truncated: its {superblock.Type} has {superblock.SizeBytes.ToString()} bytes, "
                    + $"the file has {status.Size.ToString()}",
                "write the image again");
        }

        using var target = StepPlace.MountPoint(mount.Target);
        modules.LoadFileSystem(superblock.MountType);
        using var device = LoopDevice.Attach(mount.Image, mount.ReadOnly);
        Syscall.Mount(device.Path, target, superblock.MountType, mount.ReadOnly ? MountFlags.ReadOnly : MountFlags.None, "");
    }

    private string? Seed(SeedPersistent seed, out bool isReadOnly)
    {
        var result = PersistentSeed.Seed(seed);
        if (result.Seeded + result.Compared > 0)
        {
            LogSeeding($"{result.Seeded.ToString()} paths copied from the image, {result.Compared.ToString()} compared with it: "
                + $"{result.Followed.ToString()} files updated, {result.Added.ToString()} added, {result.Removed.ToString()} removed, "
                + $"{result.Kept.ToString()} kept that both changed");
        }

        foreach (var name in result.KeptNames) LogKept(name);
        isReadOnly = result.IsReadOnly;
        if (result.FirstBoot is { } mark)
            Write(new WriteFile(StepClass.Optional, SystemPaths.FirstBoot, SystemPaths.InNewRoot(mark)));
        return result.Problems is { Count: > 0 } problems ? string.Join("; ", problems) : null;
    }

    private static void Bind(BindMount bind)
    {
        if (Syscall.TryStat(bind.Condition) is null) return;
        using var source = Syscall.Open(bind.Source, OpenFlags.Path | OpenFlags.Directory);
        using var target = StepPlace.MountPoint(bind.Target);
        Syscall.Bind(source, target).Dispose();
    }

    private static void Write(WriteLink link)
    {
        using var place = StepPlace.File(link.Path, followLast: false);
        ExtensionLinks.ReplaceLink(link.Target, place.Directory, place.Name);
    }

    // Numbers are passed as text: each other combination of types would add code to PID 1.
    private void Done(string @class, string step, string microseconds) =>
        logger.Write(LogLevel.Debug, $"{@class}: {step} [{microseconds} us]");

    private void LogSeeding(string counts) => logger.Write(LogLevel.Information, $"state: {counts}");

    private void LogKept(string file) =>
        logger.Write(LogLevel.Information, $"state: {file}: changed by the user and by the image; the user's version is kept");

    private void PartlyDone(string @class, string step, string shortfall) =>
        logger.Write(LogLevel.Error, $"{@class} step partly done: {step}: {shortfall}");

    private void Failed(string @class, string step, string error) => logger.Write(LogLevel.Error, $"{@class} step failed: {step}: {error}");
}
