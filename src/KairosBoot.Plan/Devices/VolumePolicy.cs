namespace KairosBoot.Plan;

/// <summary>What to do with a volume whose file system is damaged and was not repaired.</summary>
public enum DamagedVolume
{
    /// <summary>Mount it read-only; the boot is degraded.</summary>
    ReadOnly,
    /// <summary>Boot the recovery image instead, in the same boot.</summary>
    Recovery,
}

/// <summary>What to do if a volume is missing or cannot be mounted at all.</summary>
public enum MissingVolume
{
    /// <summary>Nothing: the mount failed. If it is required, the boot failed.</summary>
    Stop,
    /// <summary>Mount a tmpfs instead: data written to it is lost after this boot.</summary>
    Tmpfs,
}

/// <summary>What to do with a volume that is damaged or missing.</summary>
/// <param name="damaged">For a file system with errors.</param>
/// <param name="missing">For a volume that is missing or cannot be mounted at all.</param>
/// <param name="tmpfs">Size of the tmpfs that replaces it; null: the default size of an overlay.</param>
public sealed class VolumePolicy(DamagedVolume damaged, MissingVolume missing, TmpfsLimit? tmpfs = null)
{
    public DamagedVolume Damaged => damaged;
    public MissingVolume Missing => missing;

    /// <summary>For volumes that no option names.</summary>
    public static readonly VolumePolicy Default = new(DamagedVolume.ReadOnly, MissingVolume.Stop);

    /// <summary>Options of the tmpfs for mount(2).</summary>
    /// <param name="options">Of <see cref="PathOptions"/>.</param>
    public string TmpfsOptions(string options = "") =>
        $"{PathOptions.Join("rw", options)},{(tmpfs ?? OverlayBacking.DefaultLimit).Options},mode=0755";

    /// <summary>The same for a machine without a recovery system.</summary>
    public VolumePolicy WithoutRecovery() => new(DamagedVolume.ReadOnly, missing, tmpfs);

    /// <summary>The same with a tmpfs of that size.</summary>
    public VolumePolicy WithTmpfs(TmpfsLimit limit) => new(damaged, missing, limit);

    /// <summary>
    /// Parses the words of <c>kairosboot.persistent=</c>, comma separated: <c>ro</c> or <c>recovery</c>, <c>stop</c> or <c>tmpfs</c>.
    /// Null: the text has another word, or two that contradict each other.
    /// </summary>
    public static VolumePolicy? TryParse(string words)
    {
        DamagedVolume? ifDamaged = null;
        MissingVolume? ifMissing = null;
        foreach (var word in words.Split(','))
        {
            switch (word)
            {
                case "ro" when ifDamaged is null: ifDamaged = DamagedVolume.ReadOnly; break;
                case "recovery" when ifDamaged is null: ifDamaged = DamagedVolume.Recovery; break;
                case "stop" when ifMissing is null: ifMissing = MissingVolume.Stop; break;
                case "tmpfs" when ifMissing is null: ifMissing = MissingVolume.Tmpfs; break;
                default: return null;
            }
        }

        return new(ifDamaged ?? Default.Damaged, ifMissing ?? Default.Missing);
    }
}
