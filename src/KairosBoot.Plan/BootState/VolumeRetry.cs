namespace KairosBoot.Plan;

/// <summary>
/// Decides when recovery, which took over because of a volume, tries the normal order again: at once when the volume is whole; a wait
/// later otherwise, which doubles each time. Never while somebody uses the machine.
/// </summary>
public static class VolumeRetry
{
    // A volume that is whole here may fail again in the other slots, so only the first attempt is immediate.
    private const int MinutesForWhole = 10;

    /// <param name="fault">Why recovery took over.</param>
    /// <param name="retries">The value of <c>kairosboot.volume-retries=</c>.</param>
    /// <param name="uptime">Since the machine started.</param>
    /// <param name="isWhole">The volume exists and can be mounted.</param>
    /// <param name="isInUse">Somebody is logged in, or an upgrade, a reset or a stage is running.</param>
    /// <returns>The reason to reboot now; null: wait.</returns>
    public static string? Decide(VolumeFault fault, int retries, TimeSpan uptime, bool isWhole, bool isInUse)
    {
        if (isInUse) return null;
        var wait = TimeSpan.FromMinutes(fault.WaitMinutes(retries));
        if (isWhole && (fault.Boots <= retries || uptime >= TimeSpan.FromMinutes(MinutesForWhole))) return $"{fault.Volume} is whole again";
        return uptime >= wait ? $"{fault.Sentence}; {wait.TotalMinutes} minutes are over" : null;
    }
}
