using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Reads the failures that earlier boots kept, and reports each once: in the log and in the report.</summary>
internal sealed class FailedBootReader(BootRecord record, Devices devices, MessageLog logger)
{
    public void Report(BootRequest request, BootDisk disk)
    {
        Read(SystemPaths.Oem, "oem");
        Read(SystemPaths.State, "state");
        if (request.Slot == Slot.Recovery) ReadStateOfOtherSlots(disk);
        ReadPstore();
        record.FailedBoots.Sort((a, b) => a.Time.CompareTo(b.Time));
        foreach (var failed in record.FailedBoots) EarlierBootFailed(failed.Summary, failed.FoundIn);
    }

    private void Read(string mountPoint, string name)
    {
        try
        {
            FailureStore.Tighten(mountPoint);
            if (!FailureStore.HasNew(mountPoint)) return;
            foreach (var failed in FailureStore.Read(mountPoint)) Add(failed, name);
            FailureStore.MarkReported(mountPoint);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { NoteProblem(e); }
    }

    // Recovery is on another partition. COS_STATE may hold the reasons why the other slots failed, but recovery must boot without it.
    private void ReadStateOfOtherSlots(BootDisk disk)
    {
        if (devices.FindState(disk) is not { Superblock.Mountable: true } device) return;
        try
        {
            using var state = StatePartition.Mount(device);
            Read(state.Path, "state");
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { NoteProblem(e); }
    }

    private void ReadPstore()
    {
        try
        {
            if (!Pstore.IsThere || Pstore.Read() is not { Count: > 0 } found) return;
            // Where a disk could be written to, it has the same record with a longer log.
            var known = new List<FailureRecord>(record.FailedBoots);
            foreach (var failed in FailureStore.ReadReported(SystemPaths.Oem)) known.Add(failed);
            foreach (var failed in FailureStore.ReadReported(SystemPaths.State)) known.Add(failed);
            foreach (var failure in found)
                if (!Contains(known, failure.Record)) Add(failure.Record, "pstore");
            Pstore.Erase(found);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { NoteProblem(e); }
    }

    private void Add(FailureRecord failed, string foundIn)
    {
        failed.FoundIn = foundIn;
        record.FailedBoots.Add(failed);
    }

    private void NoteProblem(Exception problem) => record.Note(StepClass.Optional, "failed boots: " + problem.Message);

    private static bool Contains(List<FailureRecord> records, FailureRecord wanted)
    {
        foreach (var known in records)
            if (known.BootId == wanted.BootId && wanted.BootId.Length > 0) return true;
        return false;
    }

    private void EarlierBootFailed(string summary, string foundIn) =>
        logger.Write(LogLevel.Warning, $"an earlier boot failed: {summary} [{foundIn}]");
}
