using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A volume is damaged and its policy is to boot recovery instead: this boot ends here, and that one begins.</summary>
/// <param name="problem">What is damaged and how, as a sentence without a full stop.</param>
public sealed class RecoveryWantedException(string problem) : Exception(problem);

/// <summary>How a volume came to be mounted.</summary>
/// <param name="mount">What is there now.</param>
/// <param name="shortfall">What it lacks, a sentence; null where it is as it should be.</param>
/// <param name="note">What happened to it on the way, a sentence; null where nothing did.</param>
internal sealed class VolumeOutcome(PlannedMount mount, string? shortfall, string? note)
{
    public PlannedMount Mount => mount;
    public string? Shortfall => shortfall;
    public string? Note => note;
}

/// <summary>
/// Mounts one volume: writable where it is sound or one check has made it so, read-only where it is damaged, and where it cannot be mounted at
/// all what its policy says.
/// </summary>
/// <param name="volume">The step.</param>
/// <param name="target">Its mount point, open.</param>
/// <param name="check">Checks it.</param>
internal sealed class VolumeMount(MountVolume volume, FileHandle target, FileSystemCheck check)
{
    private CheckResult? result;
    private SyscallException? failure;
    private string? damage, note;

    /// <exception cref="RecoveryWantedException">It is damaged and recovery is wanted.</exception>
    /// <exception cref="OperatorException">It cannot be mounted and nothing is to stand in for it.</exception>
    public VolumeOutcome Run()
    {
        if (volume.Check is { } reason) Check(reason, force: volume.Checks.Mode == FsckMode.Force);
        if (damage is null && Mounts()) return new(volume.Mount, null, note);
        if (damage is not null && volume.Policy.Damaged == DamagedVolume.Recovery) throw new RecoveryWantedException($"{volume.Name} {damage}");
        return ReadOnly();
    }

    private void Check(CheckReason reason, bool force)
    {
        result = check.Run(volume, reason.Text, force);
        if (result is { Sound: true }) note = $"{volume.Name} {reason.Text}: {result.Text}";
        else if (result is not null) damage = $"{reason.Text}; {result.Text}";
        else if (reason.Suspect) damage = $"{reason.Text}, and {FileSystemCheck.Missing(volume)}";
        // Nobody says that it is damaged: what is missing is not worth its writes.
        else note = $"{volume.Name} {reason.Text}, but {FileSystemCheck.Missing(volume)}";
    }

    private bool Mounts()
    {
        if ((failure = TryMount(volume.Options)) is null) return true;
        if (!SaysDamaged(failure)) return false;
        var reason = new CheckReason($"cannot be mounted, {Errno.Describe(failure.Errno)}", suspect: true);
        if (result is null && volume.MayBeChecked)
        {
            Check(reason, force: true);
            if (damage is not null) return false;
            if ((failure = TryMount(volume.Options)) is null) return true;
        }
        damage = $"{reason.Text}; {result?.Text ?? NotChecked}";
        return false;
    }

    private string NotChecked =>
        volume.Device.Superblock is null ? "it holds no file system that is known here" : "it is not checked (fsck.mode=skip)";

    private VolumeOutcome ReadOnly()
    {
        var problem = damage ?? $"cannot be mounted writable, {Errno.Describe(failure!.Errno)}";
        foreach (var options in volume.ReadOnlyOptions)
        {
            if ((failure = TryMount(options)) is null)
                return new(volume.MountWith(options), $"{volume.Name} is mounted read-only: it {problem}; {Fix}", note);
        }

        problem = $"{volume.Name} {problem}, and cannot be mounted read-only either, {Errno.Describe(failure!.Errno)}";
        if (volume.Policy.Missing != MissingVolume.Tmpfs) throw new OperatorException(problem, Fix);
        var tmpfs = MountOptions.Parse(volume.Policy.TmpfsOptions(volume.Flags));
        Syscall.Mount("tmpfs", target, "tmpfs", tmpfs.Flags, tmpfs.Data);
        return new(volume.MountOfTmpfs, $"{problem}; a tmpfs stands in: what is written there is gone after this boot; {Fix}", note);
    }

    private string Fix => damage is null
        ? "see that the device can be read and written, and that the initrd has the driver of its file system"
        : $"repair it from recovery ({volume.RepairCommand}), or make it anew";

    private SyscallException? TryMount(string options)
    {
        var parsed = MountOptions.Parse(options);
        try { Syscall.Mount(volume.Device.Node, target, volume.Type, parsed.Flags, parsed.Data); }
        catch (SyscallException e) { return e; }
        return null;
    }

    // What file systems answer about themselves; all else is about the device or the kernel, where fsck has nothing to say.
    private static bool SaysDamaged(SyscallException failure) =>
        failure.Errno is Errno.EUCLEAN or Errno.EINVAL or Errno.EIO or Errno.EBADMSG or Errno.ESTALE;
}
