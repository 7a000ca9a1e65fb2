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
/// <param name="Damaged">Its file system has errors.</param>
/// <param name="Missing">It is not there, or cannot be mounted at all.</param>
/// <param name="TmpfsSize">Of the tmpfs in its place, as mount(8) takes it.</param>
public sealed record VolumePolicy(DamagedVolume Damaged, MissingVolume Missing, string TmpfsSize = "25%")
{
    /// <summary>For every volume that nobody said anything about.</summary>
    public static readonly VolumePolicy Default = new(DamagedVolume.ReadOnly, MissingVolume.Stop);

    public string TmpfsOptions => $"rw,size={TmpfsSize},mode=0755";

    /// <summary>
    /// The words of <c>kairosboot.persistent=</c>, comma separated: <c>ro</c> or <c>recovery</c>, <c>stop</c> or <c>tmpfs</c>. Null where there is another
    /// word, or two that contradict each other.
    /// </summary>
    public static VolumePolicy? TryParse(string words)
    {
        DamagedVolume? damaged = null;
        MissingVolume? missing = null;
        foreach (var word in words.Split(','))
            switch (word)
            {
                case "ro" when damaged is null: damaged = DamagedVolume.ReadOnly; break;
                case "recovery" when damaged is null: damaged = DamagedVolume.Recovery; break;
                case "stop" when missing is null: missing = MissingVolume.Stop; break;
                case "tmpfs" when missing is null: missing = MissingVolume.Tmpfs; break;
                default: return null;
            }
        return new(damaged ?? Default.Damaged, missing ?? Default.Missing);
    }
}
