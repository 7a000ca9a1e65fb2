namespace KairosBoot.Plan;

/// <summary>
/// The loader reports on the command line which counters it read and wrote: the id of the last good boot, the tries left, and the slot.
/// They identify the disk that the loader used, also among copies of it.
/// </summary>
public static class LoaderTrace
{
    /// <summary>False: the loader reported nothing that could be compared.</summary>
    public static bool Exists(BootRequest request) => request.TriesLeft is not null || request.LoaderBootId is not null;

    /// <summary>How the counters differ from those that the loader reported; null: they do not, or it reported none.</summary>
    /// <param name="request">What the loader reported about the slot to boot.</param>
    /// <param name="block">The counters on a disk, not changed by this boot.</param>
    public static string? Difference(BootRequest request, BootBlock block)
    {
        if (!Exists(request)) return null;
        var (slot, counters) = (request.Slot, block.Counters);
        if (!block.Usable) return $"{SystemPaths.BootState} {block.Problem}";
        if (request.LoaderBootId is { } id && id != counters.BootId)
            return Differs("the boot id " + id, counters.BootId.Length == 0 ? "none" : counters.BootId);
        if (request.TriesLeft is not { } tries) return null;
        if (tries != counters[slot].Left)
            return Differs(tries.ToString() + " tries left for " + slot.Name(), counters[slot].Left.ToString());
        return counters.Last is { } last && last != slot ? Differs("a start of " + slot.Name(), last.Name() + " as the last slot") : null;
    }

    private static string Differs(string reported, string found) =>
        "the loader reported " + reported + ", but " + SystemPaths.BootState + " has " + found;
}
