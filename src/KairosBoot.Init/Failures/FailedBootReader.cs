using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Reads the failures that earlier boots kept, and reports each once: in the log and in the report.</summary>
internal sealed class FailedBootReader(BootRecord record, Devices devices, SlotCounting counting, Fallback fallback, MessageLog logger)
{
    // It stores all entries of pstore in the journal or in its own directory, and erases them.
    private const string Collector = "/usr/lib/systemd/systemd-pstore";

    private string mark = "";
    private bool hasProblem;

    public void Report(BootRequest request, BootDisk disk)
    {
        Read(SystemPaths.Oem, "oem");
        Read(SystemPaths.State, "state");
        if (request.Slot == Slot.Recovery) ReadStateOfOtherSlots(disk);
        ReportOthers(request);
        record.FailedBoots.Sort((a, b) => a.Time.CompareTo(b.Time));
        foreach (var failed in record.FailedBoots) EarlierBootFailed(failed.Summary, failed.FoundIn);
    }

    private void Read(string mountPoint, string name)
    {
        try
        {
            // Marking the records as reported replaces the file with the mark.
            if (mountPoint == SystemPaths.Oem) mark = FailureStore.ReadMark(mountPoint);
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

    /// <summary>
    /// Reports what pstore has, and a boot that ended without a reason, and stores both. If the boot before this one was not good, marks
    /// that this one starts its init.
    /// </summary>
    private void ReportOthers(BootRequest request)
    {
        FailureRecord? silent = null;
        try
        {
            var (place, oem) = MountTable.IsMountPoint(SystemPaths.Oem) ? (SystemPaths.Oem, true) : (SystemPaths.State, false);
            var found = Pstore.IsThere ? Pstore.Read() : [];
            var reported = ReportPstore(found);
            var counters = counting.Counters.Counters;
            var lost = counting.Counted is null ? null : LostBoot.SlotOf(counters, request.Slot);
            // A panic does not say which slot it was.
            if (reported.Count > 0) reported[^1].Slot ??= lost;
            if (lost is { } slot && record.FailedBoots.Count == 0 && fallback.LeftBecause is null)
            {
                silent = LostBoot.ToRecord(slot, LostBoot.Seen(counters, request.Slot, slot, mark, oem), Syscall.UnixTimeSeconds());
                Add(silent, "counters");
                reported.Add(silent);
            }

            var next = lost is not null && oem ? LostBoot.Mark(counters, request.Slot) : null;
            if (reported.Count > 0 || next is not null) FailureStore.AddReported(place, reported, next);
            Erase(found);
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            NoteProblem(e);
            // An earlier boot could not write a mark either.
            if (silent is not null) silent.Problem = LostBoot.ToRecord(silent.Slot!.Value, LastSeen.Unknown, 0).Problem;
        }
    }

    private List<FailureRecord> ReportPstore(List<PstoreFailure> found)
    {
        List<FailureRecord> reported = [];
        if (found.Count == 0) return reported;
        // Where a disk could be written to, it has the same record with a longer log.
        var known = new List<FailureRecord>(record.FailedBoots);
        foreach (var place in (string[])[SystemPaths.Oem, SystemPaths.State])
            foreach (var failed in FailureStore.ReadReported(place)) known.Add(failed);
        foreach (var failure in found)
        {
            if (Contains(known, failure.Record)) continue;
            Add(failure.Record, "pstore");
            reported.Add(failure.Record);
        }

        return reported;
    }

    // A collector of the image gets what the kernel has written. Without one, the memory would be full after a few panics.
    private static void Erase(List<PstoreFailure> found)
    {
        if (found.Count == 0) return;
        var hasCollector = Syscall.TryStatInRoot("/", Collector) is not null;
        for (var i = found.Count - 1; i >= 0; i--)
            if (hasCollector && found[i].IsPanic) found.RemoveAt(i);
        Pstore.Erase(found);
    }

    private void Add(FailureRecord failed, string foundIn)
    {
        failed.FoundIn = foundIn;
        record.FailedBoots.Add(failed);
    }

    // One partition that cannot be written would be several problems.
    private void NoteProblem(Exception problem)
    {
        if (!hasProblem) record.Note(StepClass.Optional, "failed boots: " + problem.Message);
        hasProblem = true;
    }

    private static bool Contains(List<FailureRecord> records, FailureRecord wanted)
    {
        foreach (var known in records)
        {
            if (wanted.BootId.Length > 0 ? known.BootId == wanted.BootId
                : known.Time == wanted.Time && known.Problem == wanted.Problem)
            {
                return true;
            }
        }

        return false;
    }

    private void EarlierBootFailed(string summary, string foundIn) =>
        logger.Write(LogLevel.Warning, $"an earlier boot failed: {summary} [{foundIn}]");
}
