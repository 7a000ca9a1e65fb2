using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The last boots of a machine.</summary>
public sealed class MachineReport
{
    private const int MaxSlowest = 10;

    private readonly List<string> notes = [];

    private MachineReport(MachineFiles files)
    {
        Files = files;
        ReportJson = files.Read(files.Report);
        Boot = ReportReader.TryRead(ReportJson);
        Bars = Boot is null ? [] : Timeline.Of(Boot, Try("", () => files.Read(files.Log)));
        if (files.State is not null) Counters = BootStateFile.Read(files.State + SystemPaths.BootState);
        (GoodBoots, DamagedLines) = files.Oem is null ? ([], 0) : Try(([], 0), () => GoodBootStore.Read(files.Oem));
        FailedBoots = [.. ((string?[])[files.Oem, files.State]).OfType<string>().Distinct()
            .SelectMany(place => Try([], () => FailureStore.ReadReported(place).AddRange(FailureStore.Read(place))))];
        if (files.IsThisMachine && MountTable.Find(SystemPaths.Oem) is null)
            notes.Add("there is no list of good boots: no COS_OEM is mounted at " + SystemPaths.Oem);
        Running = files.IsThisMachine ? BootHistory.Entry(Counters is { Usable: true } block ? block.Counters : null) : null;
    }

    public MachineFiles Files { get; }

    /// <summary>The report of the running boot; of another machine, that in its archive. Null: there is none.</summary>
    public ReportedBoot? Boot { get; }

    public string ReportJson { get; }

    /// <summary>Null: no COS_STATE is there.</summary>
    public BootBlock? Counters { get; }

    /// <summary>The oldest first.</summary>
    public ImmutableArray<GoodBoot> GoodBoots { get; }

    public int DamagedLines { get; }

    public IReadOnlyList<FailureRecord> FailedBoots { get; }

    /// <summary>What cannot be read, and why, one sentence each.</summary>
    public IReadOnlyList<string> Notes => notes;

    public ImmutableArray<TimelineBar> Bars { get; }

    public ImmutableArray<TimelineBar> Slowest => Boot is null ? [] : Timeline.Slowest(Bars, Boot, MaxSlowest);

    /// <summary>The entry of the boot in <see cref="Boot"/>; null: it is not marked good.</summary>
    public GoodBoot? Good => Files.IsThisMachine ? GoodBoots.FirstOrDefault(boot => boot.BootId == Running?.BootId)
        // A report does not name its boot, but no two boots take the same time.
        : GoodBoots.LastOrDefault(boot => (boot.Slot, boot.Kernel, boot.Initrd) ==
            (Boot?.Slot, Boot?.KernelMicroseconds / 1000, Boot?.StageMicroseconds / 1000));

    /// <summary>The last boots, the newest first.</summary>
    public ImmutableArray<BootListRow> Boots =>
        BootListRow.Merge(GoodBoots, FailedBoots, Good is null ? Boot : null);

    /// <summary>What differs from the usual; null: too few boots are known to say what is usual.</summary>
    public ImmutableArray<string>? Differences =>
        // Until it is marked good, the time of the system is not known.
        Boot is not null && (Good ?? (Running is null ? null : Running with { System = 0 })) is { } now
            ? BootDifferences.Find(now, Boot, GoodBoots) : null;

    // The parts of a report are worth something alone, above all on a machine with a broken disk.
    private T Try<T>(T otherwise, Func<T> read)
    {
        try { return read(); }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            notes.Add(e.Message);
            return otherwise;
        }
    }

    // What differs from the usual is a question about the running boot.
    private GoodBoot? Running { get; }

    /// <param name="directory">Of another machine: see <see cref="MachineFiles.At"/>. Null: this machine.</param>
    /// <exception cref="OperatorException">There is no report, or this user may not read it.</exception>
    public static MachineReport Read(string? directory)
    {
        if (directory is not null) return new(MachineFiles.At(directory));
        if (Syscall.TryStat(SystemPaths.Report) is null)
        {
            throw new OperatorException($"{SystemPaths.Report} does not exist: kairos-boot did not start this system",
                "run it on a machine that kairos-boot started, or name the mounted COS_STATE of one with --state");
        }

        return Syscall.Access(SystemPaths.Report, what: 4) ? new(MachineFiles.Here)
            : throw new OperatorException("the report of this boot can be read by root and its group only", "run sudo kboot report");
    }
}
