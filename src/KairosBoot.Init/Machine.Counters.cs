using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private BootBlock counters = BootBlock.Unusable("was not looked for");
    private CountedBy countedBy;
    private string imageId = "";
    private BlockDevice? stateDevice;

    // The slot whose try this boot has taken, or was given by the loader.
    private Slot? countedSlot;

    /// <summary>
    /// Sees that this boot costs its slot a try: that the loader has taken it, as it says, or takes it here, from the slot whose turn it is. A machine
    /// without counters boots on: one whose loader looked for them is told, and gets new ones.
    /// </summary>
    /// <exception cref="BootFailureException">It is the turn of another slot, or all tries are used up.</exception>
    public void CountAttempt(BootRequest request, BootDisk disk)
    {
        if (countedSlot == request.Slot) return;
        stateDevice = request.Slot == Slot.Recovery
            ? DeviceSearch.Find(DeviceRef.Label(SystemPaths.StateLabel), devices!.Devices, disk.Disk, onBootDiskOnly: true).Device
            : disk.Images;
        if (stateDevice is not { Superblock.Mountable: true }) return;
        if (request.LoaderCounters == "bad" && request.TriesLeft is not null)
            Note(StepClass.Optional, "the boot counters held impossible values; they begin anew");
        var started = request.Slot;
        SlotDecision? decision = null;
        var isWritten = ChangeCounters(_ =>
        {
            decision = SlotPolicy.Decide(request, counters, ImagesThere(started), turned);
            // Before the write, whose failure is the next problem.
            foreach (var (stepClass, text) in decision.Notes) Note(stepClass, text);
            return decision.Counters;
        });
        decision ??= new SlotDecision(started, null, CountedBy.None);
        if (!isWritten) decision = decision.NotWritten(started);
        countedBy = decision.CountedBy;
        countedSlot = decision.Slot ?? throw new BootFailureException(new(FailureKind.NothingLeft, "all tries are used up"));
        if (countedSlot is { } chosen && chosen != started)
        {
            throw new BootFailureException(new(FailureKind.OtherSlotChosen, decision.Why == "oneshot" ? "it was chosen for this boot" : $"{started.Name()} is not the next in order that has tries left")
            {
                Chosen = chosen, Why = decision.Why,
            });
        }

        if (decision.Why is { } why) Request = Request with { Why = why };
    }

    /// <summary>Why another slot runs than the one that is to be first: on the console, in the report and for whoever logs in.</summary>
    public void ReportFallback()
    {
        var (slot, first) = (Request.Slot, counters.Counters.First);
        if (!counters.Usable || slot == first || Request.Why == "oneshot") return;
        var fault = counters.Counters.Fault;
        var why = fault?.Slot == first ? fault.Sentence : $"{first.Name()}: {counters.Counters[first].Left} tries left";
        var text = $"{slot.Name()} runs instead of {first.Name()} ({why}); kboot status tells more";
        Note(StepClass.Degraded, text);
        Apply([new WriteFile(StepClass.Optional, SystemPaths.Motd, $"KairosBoot: {PrintableText.Clean(text)}\n")]);
    }

    private static ImmutableArray<(Slot, string?)> ImagesThere(Slot booting)
    {
        // Recovery's partition says nothing about the others' images, nor theirs about recovery's.
        if (booting == Slot.Recovery) return [];
        var images = ImmutableArray.CreateBuilder<(Slot, string?)>();
        foreach (var slot in (ReadOnlySpan<Slot>)[Slot.Active, Slot.Passive])
        {
            var image = SystemPaths.State + slot.Image();
            try { images.Add((slot, Syscall.TryStat(image) is null ? null : BootCounter.IdOf(ImageIdentity.Of(image)))); }
            catch (Exception e) when (e is SyscallException or OperatorException) { } // what cannot be read now says nothing about which image it is
        }
        return images.ToImmutable();
    }

    /// <summary>False: they could not be written. A machine boots without; what it loses is said.</summary>
    private bool ChangeCounters(Func<BootCounters, BootCounters?> change)
    {
        BootCounters? wanted = null;
        try
        {
            using var state = stateDevice is null || Request.Slot != Slot.Recovery ? StatePartition.Booted : StatePartition.Mount(stateDevice);
            counters = BootStateFile.Update(state.Path + SystemPaths.BootState, block =>
            {
                counters = block;
                return wanted = change(block.Counters);
            });
            return true;
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            countedBy = CountedBy.None;
            // What was to be written holds for this boot at least.
            if (wanted is not null) counters = counters with { Counters = wanted };
            Note(wanted is null && Request.LoaderCounters is null ? StepClass.Optional : StepClass.Degraded, SlotPolicy.Inoperative + e.Message);
            return false;
        }
    }
}
