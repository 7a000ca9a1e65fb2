using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A volume is damaged, and its policy is to boot recovery instead: this attempt ends.</summary>
/// <param name="problem">What is damaged, as a sentence without a full stop.</param>
/// <param name="fix">How to fix it, as an imperative without a full stop.</param>
public sealed class RecoveryWantedException(string problem, string fix) : Exception(problem)
{
    public string Fix { get; } = fix;
}

/// <summary>How a volume was mounted.</summary>
/// <param name="mount">The mount that was made.</param>
/// <param name="shortfall">What it lacks, as a sentence; null: nothing.</param>
/// <param name="note">What was done before the mount, as a sentence; null: nothing.</param>
internal sealed class VolumeOutcome(PlannedMount mount, string? shortfall, string? note)
{
    public PlannedMount Mount => mount;
    public string? Shortfall => shortfall;
    public string? Note => note;
}

/// <summary>
/// Mounts one volume: writable if it is sound or a check has repaired it, read-only if it is damaged. If it cannot be mounted at all, its
/// policy decides.
/// </summary>
/// <param name="volume">The step.</param>
/// <param name="target">Its mount point, open.</param>
/// <param name="check">Checks the volume.</param>
internal sealed class VolumeMount(MountVolume volume, FileHandle target, FileSystemCheck check)
{
    private CheckResult? result;
    private SyscallException? failure;
    private string? damage, note;

    /// <exception cref="RecoveryWantedException">The volume is damaged, and its policy is to boot recovery.</exception>
    /// <exception cref="OperatorException">It cannot be mounted, and its policy has no replacement.</exception>
    public VolumeOutcome Run()
    {
        if (volume.Check is { } reason) Check(reason, force: volume.Checks.Mode == FsckMode.Force);
        if (damage is null && TryMountWritable()) return new(volume.Mount, null, note);
        if (damage is not null && volume.Policy.Damaged == DamagedVolume.Recovery)
            throw new RecoveryWantedException($"{volume.Name} {damage}", Fix);
        return MountReadOnly();
    }

    private void Check(CheckReason reason, bool force)
    {
        result = check.Run(volume, reason.Text, force);
        if (result is { Sound: true }) note = $"{volume.Name} {reason.Text}: {result.Text}";
        else if (result is not null) damage = $"{reason.Text}; {result.Text}";
        else if (reason.Suspect) damage = $"{reason.Text}, and {FileSystemCheck.Missing(volume)}";
        // There is no sign of damage, so the volume stays writable although it cannot be checked.
        else note = $"{volume.Name} {reason.Text}, but {FileSystemCheck.Missing(volume)}";
    }

    private bool TryMountWritable()
    {
        if ((failure = TryMount(volume.Options)) is null) return true;
        if (!IndicatesDamage(failure)) return false;
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
        volume.Device.Superblock is null ? "it has no known file system" : "it is not checked (fsck.mode=skip)";

    private VolumeOutcome MountReadOnly()
    {
        var problem = damage ?? (volume.Device.IsWriteProtected ? $"cannot be mounted writable: {WriteProtection.Problem}"
            : $"cannot be mounted writable, {Errno.Describe(failure!.Errno)}");
        foreach (var options in volume.ReadOnlyOptions)
        {
            if ((failure = TryMount(options)) is null)
                return new(volume.MountWith(options), $"{volume.Name} is mounted read-only: it {problem}; {LostWrites}{Fix}", note);
        }

        problem = $"{volume.Name} {problem}, and cannot be mounted read-only either, {Errno.Describe(failure!.Errno)}";
        if (volume.Policy.Missing != MissingVolume.Tmpfs)
            throw new OperatorException(problem + (volume.Class == StepClass.Required ? "" : volume.Lost), Fix);
        var tmpfs = MountOptions.Parse(volume.Policy.TmpfsOptions(volume.Flags));
        Syscall.Mount("tmpfs", target, "tmpfs", tmpfs.Flags, tmpfs.Data);
        return new(volume.MountOfTmpfs, $"{problem}; a tmpfs is mounted instead: data written there is lost after this boot; {Fix}", note);
    }

    private DeviceFault WriteProtection => new(DeviceFaultKind.WriteProtected, volume.Device);

    private string LostWrites => volume.Lost.Length == 0 ? "" : "a persistent path that has no store on it yet is not persistent; ";

    private string Fix => damage is not null ? $"repair it in recovery ({volume.RepairCommand})"
        : volume.Device.IsWriteProtected ? WriteProtection.Fix
        : "check that the device can be read and written, and that the initrd has the driver of its file system";

    private SyscallException? TryMount(string options)
    {
        var parsed = MountOptions.Parse(options);
        try { Syscall.Mount(volume.Device.Node, target, volume.Type, parsed.Flags, parsed.Data); }
        catch (SyscallException e) { return e; }
        return null;
    }

    // The errors by which file systems report damage. All others are about the device or the kernel, and fsck cannot help.
    private static bool IndicatesDamage(SyscallException failure) =>
        failure.Errno is Errno.EUCLEAN or Errno.EINVAL or Errno.EIO or Errno.EBADMSG or Errno.ESTALE;
}
