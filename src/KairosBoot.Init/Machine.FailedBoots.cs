using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    private readonly List<FailureRecord> failedBoots = [];

    /// <summary>What boots that failed have left for a good one to tell, each once: into the log, and into the report.</summary>
    public void ReportFailedBoots(BootDisk disk)
    {
        TakeFrom(SystemPaths.Oem, "oem");
        TakeFrom(SystemPaths.State, "state");
        if (Request.Slot == Slot.Recovery) TakeFromTheOtherSlots(disk);
        TakeFromPstore();
        failedBoots.Sort((a, b) => a.Time.CompareTo(b.Time));
        foreach (var record in failedBoots) EarlierBootFailed(record.Summary, record.FoundIn);
    }

    private void TakeFrom(string mountPoint, string name)
    {
        try
        {
            FailureStore.Tighten(mountPoint);
            if (!FailureStore.HasNew(mountPoint)) return;
            foreach (var record in FailureStore.Read(mountPoint)) Take(record, name);
            FailureStore.MarkReported(mountPoint);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { Note(StepClass.Optional, "failed boots: " + e.Message); }
    }

    // Recovery runs off a partition of its own. Why neither of the others booted may be on theirs, which must not be needed for this.
    private void TakeFromTheOtherSlots(BootDisk disk)
    {
        var found = DeviceSearch.Find(DeviceRef.Label(SystemPaths.StateLabel), devices!.Devices, disk.Disk, onBootDiskOnly: true);
        if (found.Device is not { Superblock.Mountable: true } device) return;
        try
        {
            using var state = StatePartition.Mount(device);
            TakeFrom(state.Path, "state");
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { Note(StepClass.Optional, "failed boots: " + e.Message); }
    }

    private void TakeFromPstore()
    {
        try
        {
            if (!Pstore.IsThere || Pstore.Read() is not { Count: > 0 } found) return;
            // A disk that could be written to has the same with the longer log.
            var told = new List<FailureRecord>(failedBoots);
            foreach (var record in FailureStore.ReadReported(SystemPaths.Oem)) told.Add(record);
            foreach (var record in FailureStore.ReadReported(SystemPaths.State)) told.Add(record);
            foreach (var failure in found)
                if (!Holds(told, failure.Record)) Take(failure.Record, "pstore");
            Pstore.Erase(found);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { Note(StepClass.Optional, "failed boots: " + e.Message); }
    }

    private void Take(FailureRecord record, string foundIn)
    {
        record.FoundIn = foundIn;
        failedBoots.Add(record);
    }

    private static bool Holds(List<FailureRecord> records, FailureRecord wanted)
    {
        foreach (var record in records)
            if (record.BootId == wanted.BootId && wanted.BootId.Length > 0) return true;
        return false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "an earlier boot failed: {Summary} [{FoundIn}]")]
    private partial void EarlierBootFailed(string summary, string foundIn);
}
