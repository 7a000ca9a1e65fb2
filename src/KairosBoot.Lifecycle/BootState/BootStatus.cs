using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The slots of a machine as <c>kboot status</c> shows them.</summary>
public sealed class BootStatus
{
    private const int MaxFailedBoots = 3;

    private static readonly Slot[] AllSlots = [Slot.Active, Slot.Passive, Slot.Recovery];

    private readonly BootStateLocation location;

    private BootStatus(BootStateLocation location)
    {
        this.location = location;
        Block = BootStateFile.Read(location.Block);
        Slots = [.. AllSlots.Select(slot => new SlotStatus(slot, Block.Counters[slot], location.ImageIn(slot)))];
        FailedBoots = [.. FindFailedBoots().Select(failure => failure.Summary)];
    }

    public BootBlock Block { get; }

    /// <summary>The running system; null: these are not its slots, or kairos-boot did not boot it.</summary>
    public RunningSystem? Running => location.Booted is { } booted ? new(booted, location.BuildTime(booted.Slot)) : null;

    /// <summary>An image that waits for <c>kboot upgrade --staged</c>; null: none, or this user may not read it.</summary>
    public StagedUpgrade? Staged
    {
        get
        {
            try { return StagedUpgrade.Find(location.Directory); }
            catch (SyscallException) { return null; }
        }
    }

    /// <summary>Active, passive, recovery.</summary>
    public IReadOnlyList<SlotStatus> Slots { get; }

    /// <summary>The last failed boots, the oldest first, one line each.</summary>
    public IReadOnlyList<string> FailedBoots { get; }

    /// <summary>Kairos' boot options of the running system that kboot's menu does not use; Kairos' own menu uses all of them.</summary>
    public IReadOnlyList<string> OptionProblems =>
        location.Booted is null || location.HasKairosMenu ? [] : [.. KairosOptions.Problems()];

    public static BootStatus Read(BootStateLocation location) => new(location);

    /// <summary>What an operator should know about a slot, in short phrases.</summary>
    public IEnumerable<string> Notes(SlotStatus status)
    {
        var (slot, counters) = (status.Slot, Block.Counters);
        if (location.Booted?.Slot == slot) yield return "running";
        if (Block.Usable && counters.Next == slot) yield return counters.Once == slot ? "next, once" : "next";
        if (counters.First == slot && slot != Slot.Active) yield return "first from now on";
        // The running slot may still be marked good, and a slot that is marked bad has its own line.
        if (Block.Usable && status.Counter.Left == 0 && location.Booted?.Slot != slot && counters.Fault?.Slot != slot)
            yield return "no tries left: its last boots were not marked good";
        if (slot == Slot.Recovery) yield break;
        if (status.Image is not null && status.Image == counters.Pinned) yield return "pinned";
        if (status.Image is null)
        {
            yield return "no image";
        }
        else if (status.Counter.Image.Length > 0
            && status.Counter.Image != status.Image)
        {
            yield return "image replaced; the tries belong to the old one";
        }
    }

    /// <summary>A reset that is requested or has failed, as a sentence; null: there is none.</summary>
    public string? ResetRequest
    {
        get
        {
            try { return ResetRequestFile.TryRead(location.Directory)?.Sentence(Block.Counters); }
            catch (OperatorException damaged) { return $"{damaged.Problem}; to fix: {damaged.Fix}"; }
        }
    }

    /// <summary>Minutes from the start of recovery to its retry of the normal order; null: it does not run for a volume.</summary>
    public int? RetryMinutes
    {
        get
        {
            if (location.Booted is not { } booted) return null;
            var retries = VolumeWait.Retries;
            return Block.Counters.RunsForVolume(booted.Slot, retries) ? Block.Counters.VolumeFault!.WaitMinutes(retries) : null;
        }
    }

    // COS_OEM is read only for the running system: only its /oem is mounted here. The records may hold what cloud-configs printed.
    private IEnumerable<FailureRecord> FindFailedBoots()
    {
        if (Syscall.GetEUid() != 0 && location.Booted is not null) return [];
        string[] directories = location.Booted is null ? [location.Directory] : [SystemPaths.Oem, location.Directory];
        return directories.SelectMany(directory => FailureStore.ReadReported(directory).AddRange(FailureStore.Read(directory)))
            .OrderBy(record => record.Time).TakeLast(MaxFailedBoots);
    }
}
