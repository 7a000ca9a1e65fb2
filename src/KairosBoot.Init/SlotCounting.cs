using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The boot counters on COS_STATE: read and written as <see cref="SlotPolicy"/> decides.</summary>
internal sealed class SlotCounting(BootRecord record, Devices devices)
{
    private const string SeeStatus = "look at the slots and their tries: kboot status";

    private Slot? countedSlot;
    private ChoiceReason? why;
    private BlockDevice? stateDevice;

    /// <summary>The counters as this boot leaves them.</summary>
    public BootBlock Counters { get; private set; } = BootBlock.Unusable("was not read");

    public CountedBy CountedBy { get; private set; }

    /// <summary>The slot whose attempt is counted; null where none is.</summary>
    public Slot? Counted => CountedBy == CountedBy.None ? null : countedSlot;

    /// <summary>Makes sure that one attempt of the slot is counted, by the loader or here. A machine without counters boots on.</summary>
    /// <param name="request">The slot to boot.</param>
    /// <param name="disk">Its COS_STATE is mounted, or is found on it.</param>
    /// <param name="isChosen">An earlier attempt of this boot chose the slot.</param>
    /// <returns>The request, with the reason for its slot.</returns>
    /// <exception cref="BootFailureException">The counters name another slot, or no slot has tries left.</exception>
    public BootRequest CountAttempt(BootRequest request, BootDisk disk, bool isChosen)
    {
        if (countedSlot != request.Slot)
        {
            stateDevice = request.Slot == Slot.Recovery ? devices.FindState(disk) : disk.Images;
            if (stateDevice is not { Superblock.Mountable: true }) return request;
            if (request.LoaderCounters == CounterAccess.Unusable && request.TriesLeft is not null)
                record.Note(StepClass.Optional, "the boot counters had invalid values and were reset");
            Count(request, isChosen);
        }
        return why is null ? request : request with { Why = why };
    }

    private void Count(BootRequest request, bool isChosen)
    {
        var started = request.Slot;
        SlotDecision? decision = null;
        var isWritten = Change(request, _ =>
        {
            // Nothing has been written yet: this may be a copy of the disk that the loader started from.
            if (devices.MustCompare(request, Counters))
                throw new BootFailureException(new(FailureKind.CountersDiffer, LoaderTrace.Difference(request, Counters)!, SeeStatus));
            decision = SlotPolicy.Decide(request, Counters, IdentifyImages(started), isChosen);
            // Before the write: if that fails, it is the next problem.
            foreach (var (stepClass, text) in decision.Notes) record.Note(stepClass, text);
            return decision.Counters;
        });
        decision ??= new SlotDecision(started, null, CountedBy.None);
        if (!isWritten) decision = decision.NotWritten(started);
        (CountedBy, why) = (decision.CountedBy, decision.Why);
        countedSlot = decision.Slot ?? throw new BootFailureException(new(FailureKind.NothingLeft, "all tries are used up", SeeStatus));
        if (countedSlot == started) return;
        var reason = why == ChoiceReason.OneShot ? "it was chosen for this boot"
            : $"{started.Name()} is not the next in order that has tries left";
        throw new BootFailureException(new(FailureKind.OtherSlotChosen, reason, SeeStatus) { Chosen = countedSlot, Why = why });
    }

    private ImmutableArray<(Slot, string?)> IdentifyImages(Slot booting)
    {
        // Recovery's partition has no images of the other slots, and theirs has none of recovery.
        if (booting == Slot.Recovery) return [];
        var images = ImmutableArray.CreateBuilder<(Slot, string?)>();
        foreach (var slot in (ReadOnlySpan<Slot>)[Slot.Active, Slot.Passive])
        {
            var image = SystemPaths.State + slot.Image();
            try { images.Add((slot, Syscall.TryStat(image) is null ? null : BootCounter.IdOf(record.IdentityOf(image)))); }
            catch (Exception e) when (e is SyscallException or OperatorException) { } // an image that cannot be read now may be any image
        }
        return images.ToImmutable();
    }

    /// <summary>Writes counters that were decided; null: nothing.</summary>
    /// <returns>False: they could not be written, which is noted.</returns>
    public bool Write(BootRequest request, BootCounters? wanted) => wanted is null || Change(request, _ => wanted);

    /// <summary>The volumes are mounted: the next fault of a volume is the first of its row. Recovery boots without them.</summary>
    public void ForgetVolumeFault(BootRequest request)
    {
        var counters = Counters.Counters;
        if (!request.WithoutPersistence && !request.PersistentLeftOut && counters.VolumeFault is not null)
            Write(request, counters with { VolumeFault = null });
    }

    /// <summary>
    /// Marks the slot good if nothing in its image does (<c>kboot image build --no-assessment</c>, <c>kboot upgrade --no-assessment</c>).
    /// Recovery and images that are in no slot are not assessed.
    /// </summary>
    public void MarkUnassessedGood(BootRequest request, PlanRunner plans)
    {
        var (slot, before) = (request.Slot, Counters.Counters);
        if (slot == Slot.Recovery || Counted is null || !request.IsSlotImage || !IsUnassessed(before[slot].Image)) return;
        if (!Write(request, BootStateFile.WithNewId(before, before.MarkGood(slot)))) return;
        record.Note(StepClass.Optional, slot.Name() + " is marked good without assessment: nothing in its image checks the system");
        plans.Apply([new WriteFile(StepClass.Optional, SystemPaths.GoodMark, "")]);
    }

    // The image is the root already.
    private static bool IsUnassessed(string image) => Syscall.TryStat(SystemPaths.Unassessed) is not null ||
        (image.Length > 0 && Syscall.TryStat(SystemPaths.State + SystemPaths.UnassessedImages + "/" + image) is not null);

    // A machine boots without counters too; the note says what it loses.
    private bool Change(BootRequest request, Func<BootCounters, BootCounters?> change)
    {
        BootCounters? wanted = null;
        try
        {
            using var state = stateDevice is null
                || request.Slot != Slot.Recovery ? StatePartition.Booted : StatePartition.Mount(stateDevice);
            Counters = BootStateFile.Update(state.Path + SystemPaths.BootState, block =>
            {
                Counters = block;
                return wanted = change(block.Counters);
            });
            return true;
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            CountedBy = CountedBy.None;
            // The change holds for this boot at least.
            if (wanted is not null) Counters = Counters with { Counters = wanted };
            record.Note(wanted is null
                && request.LoaderCounters is null ? StepClass.Optional : StepClass.Degraded, SlotPolicy.Inoperative + e.Message);
            return false;
        }
    }

    /// <summary>Reports files of Kairos' boot menu that KairosBoot's menu does not execute, because they are code.</summary>
    public void ReportMenuFiles(BootRequest request)
    {
        if (request.LoaderCounters is null) return;
        foreach (var path in SystemPaths.KairosMenuFiles)
        {
            if (Syscall.TryStat(path) is not null)
                record.Note(StepClass.Optional, path + " has no effect: the boot menu does not execute it; see kboot status");
        }
    }

    /// <summary>Reports on the console, in the report and to users who log in that another slot runs than the first in order.</summary>
    public void ReportFallback(BootRequest request, PlanRunner plans)
    {
        var (slot, counters) = (request.Slot, Counters.Counters);
        if (!Counters.Usable || FallbackReason.Of(counters, slot, request.Why, request.VolumeRetries) is not { } reason) return;
        var text = $"{slot.Name()} runs instead of {counters.First.Name()} ({reason}); see kboot status";
        record.Note(StepClass.Degraded, text);
        plans.Apply([new WriteFile(StepClass.Optional, SystemPaths.Motd, $"KairosBoot: {PrintableText.Clean(text)}\n")]);
        if (counters.RunsForVolume(slot, request.VolumeRetries))
            plans.Apply([new WriteFile(StepClass.Optional, SystemPaths.VolumeFailure, reason + "\n")]);
    }
}
