using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The result of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Error">Null: the step reached its aim, completely or in part.</param>
/// <param name="Microseconds">How long it took.</param>
public sealed record StepResult(Step Step, StepError? Error, long Microseconds)
{
    /// <summary>When it began, in microseconds since the start of the kernel; 0: not known.</summary>
    public long Start { get; init; }

    /// <summary>A sentence: only a part was done. It degrades the boot and never fails it.</summary>
    public string? Shortfall { get; init; }

    /// <summary>A sentence for the log that does not change the result.</summary>
    public string? Note { get; init; }

    /// <summary>The shell command that does the same as the step.</summary>
    public string Command => Text ?? Step.Command;

    /// <summary>The command, if the log needed it already: to put it together costs memory and time. Null: it did not.</summary>
    public string? Text { get; init; }

    /// <summary>The first line of the command, for a log.</summary>
    public string Summary => Text is null ? Step.Summary : Step.FirstLine(Text);

    /// <summary>The mount that exists now, if the step made one. It may differ from the planned one.</summary>
    public PlannedMount? Mount { get; init; } = Error is null ? Step.Mount : null;
}

/// <summary>A cloud-config entry that had no effect; or, as a warning, one whose effect may differ from what its author expects.</summary>
public sealed record ConfigProblem(string File, int Line, string Entry, string Key, string Reason, bool IsWarning)
{
    public override string ToString() =>
        $"{File}:{Line}: {(Entry.Length > 0 ? Entry + ": " : "")}{(Key.Length > 0 ? Key + ": " : "")}{Reason}";
}

/// <summary>One boot, as /run/kairosboot/report.json describes it.</summary>
public sealed record BootReport
{
    public required BootRequest Request { get; init; }
    public required string Kernel { get; init; }
    public ImmutableArray<BlockDevice> Devices { get; init; } = [];
    public ImmutableArray<StepResult> Steps { get; init; } = [];
    /// <summary>Mounts that the steps made, as the kernel shows them, in mount order.</summary>
    public ImmutableArray<MountInfo> Mounts { get; init; } = [];
    public ImmutableArray<ConfigProblem> ConfigProblems { get; init; } = [];
    /// <summary>Volumes whose user-data this boot used.</summary>
    public ImmutableArray<UserDataMark> UserData { get; init; } = [];
    /// <summary>Everything else that should be known: one sentence each, and what it means for the verdict.</summary>
    public ImmutableArray<(StepClass Class, string Text)> Problems { get; init; } = [];
    /// <summary>Boots that failed since the last good one, the oldest first.</summary>
    public ImmutableArray<FailureRecord> FailedBoots { get; init; } = [];
    /// <summary>How long each phase took: every microsecond of the stage belongs to exactly one phase.</summary>
    public ImmutableArray<(string Name, long Microseconds)> Phases { get; init; } = [];
    /// <summary>Identity of the image; empty: not known.</summary>
    public string ImageId { get; init; } = "";
    /// <summary>The boot counters at the end of this boot.</summary>
    public BootBlock Counters { get; init; } = BootBlock.Unusable("was not read");
    /// <summary>Which program counted this boot: <c>loader</c>, <c>initrd</c>, <c>none</c>.</summary>
    public CountedBy CountedBy { get; init; }
    public long StageMicroseconds { get; init; }
    public long KernelMicroseconds { get; init; }
    public long PeakResidentKiB { get; init; }

    /// <summary>
    /// <c>good</c>: the system has everything the layout asks for. <c>degraded</c>: the system runs, but a part is missing. A failed boot
    /// writes no report: no system would read it.
    /// </summary>
    public string Verdict
    {
        get
        {
            foreach (var step in Steps)
                if ((step.Error is not null || step.Shortfall is not null) && step.Step.Class != StepClass.Optional) return "degraded";
            foreach (var problem in Problems)
                if (problem.Class != StepClass.Optional) return "degraded";
            return "good";
        }
    }

    public string ToJson() => new JsonText().Object(null, json =>
    {
        json.Number("schema", 1).String("verdict", Verdict).String("slot", Request.Slot.Name()).String("image", Request.ImagePath)
            .Number("triesLeft", Request.TriesLeft).String("why", Request.Why?.Name()).String("kernel", Kernel)
            .Number("kernelMicroseconds", KernelMicroseconds).Number("stageMicroseconds", StageMicroseconds)
            .Number("peakResidentKiB", PeakResidentKiB);
        json.String("imageId", ImageId).String("kexecFrom", Request.KexecFrom?.Name());
        json.Object("assessment", members =>
        {
            members.String("countedBy", CountedBy switch { CountedBy.Loader => "loader", CountedBy.Initrd => "initrd", _ => "none" });
            members.String("problem", Counters.Problem).String("givenUp", Counters.Counters.Fault?.Sentence);
            if (Counters.Usable)
                foreach (var slot in Counters.Counters.Order) members.Number(slot.Name(), Counters.Counters[slot].Left);
        });
        json.Object("phases", members => { foreach (var (name, time) in Phases) members.Number(name, time); });
        json.Array("problems", items =>
        {
            foreach (var problem in Problems)
                items.Object(null, item => item.String("class", ClassName(problem.Class)).String("text", problem.Text));
        });
        json.Array("failedBoots", items => { foreach (var record in FailedBoots) WriteFailure(items, record); });
        json.Array("cloudConfigProblems", items => { foreach (var problem in ConfigProblems) WriteProblem(items, problem); });
        json.Array("userData", items => { foreach (var volume in UserData) WriteUserData(items, volume); });
        json.Array("steps", items => { foreach (var step in Steps) WriteStep(items, step); });
        json.Array("mounts", items => { foreach (var mount in Mounts) WriteMount(items, mount); });
        json.Array("devices", items => { foreach (var device in Devices) WriteDevice(items, device); });
    }).ToString();

    private static void WriteProblem(JsonText items, ConfigProblem problem) => items.Object(null, item => item
        .String("file", problem.File).Number("line", problem.Line)
        .String("severity", problem.IsWarning ? "warning" : "error").String("entry", problem.Entry).String("key", problem.Key)
        .String("reason", problem.Reason));

    private static void WriteUserData(JsonText items, UserDataMark volume) => items.Object(null, item => item
        .String("device", volume.Device).String("model", volume.Model).String("serial", volume.Serial).String("sha256", volume.Sha256));

    private static void WriteFailure(JsonText items, FailureRecord record) => items.Object(null, item => item
        .Number("time", record.Time).String("utc", FailureRecord.Utc(record.Time)).String("bootId", record.BootId)
        .String("slot", record.Slot?.Name()).String("image", record.Image).String("kernel", record.Kernel)
        .String("problem", record.Problem).String("fix", record.Fix).String("step", record.Step)
        .String("foundIn", record.FoundIn).String("log", record.Log));

    private static void WriteStep(JsonText items, StepResult result) => items.Object(null, item =>
    {
        item.String("command", result.Command).String("class", ClassName(result.Step.Class))
            .String("result", result.Error is not null ? "failed" : result.Shortfall is not null ? "partial" : "ok")
            .Number("microseconds", result.Microseconds);
        if (result.Start > 0) item.Number("startMicroseconds", result.Start);
        if ((result.Error?.ToString() ?? result.Shortfall) is { } reason) item.String("error", reason);
    });

    private static void WriteMount(JsonText items, MountInfo mount) => items.Object(null, item => item
        .String("path", SystemPaths.InNewRoot(mount.MountPoint)).String("type", mount.Type).String("source", mount.Source).String("options",
            mount.Options));

    private static void WriteDevice(JsonText items, BlockDevice device) => items.Object(null, item => item
        .String("device", device.Node).Number("bytes", device.SizeBytes).String("type", device.Superblock?.Type)
        .String("label", device.Superblock?.Label).String("uuid", device.Superblock?.Uuid).String("partLabel", device.PartLabel)
        .String("partUuid", device.PartUuid).String("model", device.Model).String("serial", device.Serial));

    /// <summary><c>required</c>, <c>degraded</c>, <c>optional</c>.</summary>
    public static string ClassName(StepClass stepClass) => stepClass switch
    {
        StepClass.Required => "required",
        StepClass.Degraded => "degraded",
        StepClass.Optional => "optional",
        _ => throw new InvalidOperationException(),
    };
}
