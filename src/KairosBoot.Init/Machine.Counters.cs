using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private const string Inoperative = "assessment inoperative: ";

    private BootBlock counters = BootBlock.Unusable("was not looked for");
    private string countedBy = "none";
    private string imageId = "";
    private BlockDevice? stateDevice;

    /// <summary>
    /// Sees that this boot costs its slot a try: that the loader has taken it, as it says, or takes it here. A machine without counters boots on:
    /// one whose loader looked for them is told, and gets new ones.
    /// </summary>
    public void TakeTry(BootRequest request, BootDisk disk)
    {
        stateDevice = request.Slot == Slot.Recovery
            ? DeviceSearch.Find(DeviceRef.Label(SystemPaths.StateLabel), devices!.Devices, disk.Disk, onBootDiskOnly: true).Device
            : disk.Images;
        if (stateDevice is not { Superblock.Mountable: true }) return;
        if (request.LoaderCounters == "bad" && request.TriesLeft is not null)
            Note(StepClass.Optional, "the boot counters held impossible values; they begin anew");
        var slot = request.Slot;
        ChangeCounters(before =>
        {
            var images = ImagesThere(slot);
            if (counters.Usable)
            {
                if (request.TriesLeft == before[slot].Left) countedBy = "loader";
                else
                {
                    if (request.TriesLeft is { } told)
                        Note(StepClass.Degraded, $"{Inoperative}the loader says that it left {slot.Name()} {told} tries, and there are {before[slot].Left}");
                    else if (request.LoaderCounters == "ro")
                        Note(StepClass.Degraded, Inoperative + "the loader cannot write the boot counters; they are kept from here on only");
                    before = (before.Next is null ? before.Refill() : before).Take(slot);
                    countedBy = "initrd";
                }
                return before.ObserveIn(slot, images);
            }
            if (request.LoaderCounters is null) return null;
            Note(StepClass.Degraded, $"{Inoperative}{SystemPaths.BootState} on {SystemPaths.StateLabel} {counters.Problem}; it is made anew");
            countedBy = "initrd";
            return new BootCounters().Take(slot).ObserveIn(slot, images);
        });
    }

    /// <summary>Why another slot runs than the one that is to be first: on the console, in the report and for whoever logs in.</summary>
    public void TellOfFallback()
    {
        var (slot, first) = (Request.Slot, counters.Counters.First);
        if (!counters.Usable || slot == first || Request.Why == "oneshot") return;
        var fault = counters.Counters.Fault;
        var why = fault?.Slot == first ? fault.Sentence : $"{first.Name()}: {counters.Counters[first].Left} tries left";
        var text = $"{slot.Name()} runs instead of {first.Name()} ({why}); kboot status tells more";
        Note(StepClass.Degraded, text);
        Apply([new WriteFile(StepClass.Optional, SystemPaths.Motd, $"KairosBoot: {text}\n")]);
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
            catch (SyscallException) { } // what cannot be read now says nothing about which image it is
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
        catch (SyscallException e)
        {
            countedBy = "none";
            // What was to be written holds for this boot at least.
            if (wanted is not null) counters = counters with { Counters = wanted };
            Note(wanted is null && Request.LoaderCounters is null ? StepClass.Optional : StepClass.Degraded, Inoperative + e.Message);
            return false;
        }
    }
}
