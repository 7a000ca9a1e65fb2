namespace KairosBoot.Plan;

/// <summary>What becomes of a volume whose file system is damaged and was not repaired.</summary>
public enum DamagedVolume
{
    /// <summary>It is mounted read-only and the boot is degraded.</summary>
    ReadOnly,
    /// <summary>The recovery image is booted instead, in this same boot.</summary>
    Recovery,
}

/// <summary>What stands in for a volume that is missing or that nothing can mount.</summary>
public enum MissingVolume
{
    /// <summary>Nothing: the mount has failed, which is the end of the boot where it is required.</summary>
    Stop,
    /// <summary>A tmpfs: what is written there is gone after this boot.</summary>
    Tmpfs,
}

/// <summary>What to do about a volume that cannot be used as it should be.</summary>
/// <param name="damaged">Its file system has errors.</param>
/// <param name="missing">It is not there, or cannot be mounted at all.</param>
/// <param name="tmpfs">How much the tmpfs in its place may hold; null: as much as an overlay's by default.</param>
public sealed class VolumePolicy(DamagedVolume damaged, MissingVolume missing, TmpfsLimit? tmpfs = null)
{
    public DamagedVolume Damaged => damaged;
    public MissingVolume Missing => missing;

    /// <summary>For every volume that nobody said anything about.</summary>
    public static readonly VolumePolicy Default = new(DamagedVolume.ReadOnly, MissingVolume.Stop);

    /// <summary>For mount(2).</summary>
    /// <param name="options">Of <see cref="PathOptions"/>.</param>
    public string TmpfsOptions(string options = "") => $"{PathOptions.Join("rw", options)},{(tmpfs ?? OverlayBacking.DefaultLimit).Options},mode=0755";

    /// <summary>The same for a machine that has no recovery to boot.</summary>
    public VolumePolicy WithoutRecovery() => new(DamagedVolume.ReadOnly, missing, tmpfs);

    /// <summary>The same with a tmpfs of that size.</summary>
    public VolumePolicy WithTmpfs(TmpfsLimit limit) => new(damaged, missing, limit);

    /// <summary>
    /// The words of <c>kairosboot.persistent=</c>, comma separated: <c>ro</c> or <c>recovery</c>, <c>stop</c> or <c>tmpfs</c>. Null where there is another
    /// word, or two that contradict each other.
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
