using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>What this boot has done and what went wrong, for the report.</summary>
internal sealed class BootRecord(MessageLog logger)
{
    private readonly ImmutableArray<StepResult>.Builder steps = ImmutableArray.CreateBuilder<StepResult>();
    private readonly ImmutableArray<(StepClass, string)>.Builder problems = ImmutableArray.CreateBuilder<(StepClass, string)>();
    private readonly ImmutableArray<ConfigProblem>.Builder configProblems = ImmutableArray.CreateBuilder<ConfigProblem>();
    private readonly List<UserDataMark> userData = [];
    private readonly Dictionary<string, string> imageIds = [];

    /// <summary>Mounts of the running system, in mount order.</summary>
    public ImmutableArray<MountInfo> Mounts { get; set; } = [];

    /// <summary>Earlier boots that failed, oldest first.</summary>
    public List<FailureRecord> FailedBoots { get; } = [];

    /// <summary>Identity of the image; empty where it is not known.</summary>
    public string ImageId { get; set; } = "";

    /// <summary>As <see cref="ImageIdentity.Of"/>. An image is read once in an attempt: nothing changes it before the hand-over.</summary>
    public string IdentityOf(string image) =>
        imageIds.TryGetValue(image, out var known) ? known : imageIds[image] = ImageIdentity.Of(image);

    public IReadOnlyList<StepResult> Steps => steps;

    public void Add(StepResult step)
    {
        steps.Add(step);
        if (step.Note is { } note) Note(StepClass.Optional, note);
    }

    public void Add(StageOutcome stage)
    {
        configProblems.AddRange(stage.Problems);
        foreach (var volume in stage.UserData)
            if (!userData.Contains(volume)) userData.Add(volume);
        if (stage.Error is { } error) Note(StepClass.Degraded, error);
    }

    /// <summary>Logs a problem and keeps it for the report. Anything but an optional one makes the boot degraded.</summary>
    public void Note(StepClass stepClass, string text)
    {
        problems.Add((stepClass, text));
        if (stepClass == StepClass.Optional) LogWarning(text);
        else LogError(text);
    }

    /// <summary>Forgets the steps and stages of an attempt that is undone. Its problems stay in the report.</summary>
    public void RemoveAttempt()
    {
        steps.Count = ApiFileSystems.Mounts.Length + ApiFileSystems.ForShutdown.Length;
        configProblems.Clear();
        userData.Clear();
        imageIds.Clear();
    }

    /// <summary>The report of a boot that ends now.</summary>
    public BootReport ToReport(BootRequest request, BootClock clock, Devices devices, SlotCounting counting, long peakResidentKiB)
    {
        foreach (var problem in configProblems)
        {
            if (problem is { Entry: "", Key: "", IsWarning: false })
            {
                problems.Add(
                (StepClass.Degraded, "cloud-config file left out: " + problem));
            }
        }

        return new BootReport
        {
            Request = request, Kernel = Syscall.KernelRelease(), Devices = devices.Seen, Steps = steps.ToImmutable(), Mounts = Mounts,
            UserData = [.. userData], ConfigProblems = configProblems.ToImmutable(), FailedBoots = [.. FailedBoots],
            Problems = problems.ToImmutable(),
            ImageId = ImageId, Counters = counting.Counters, CountedBy = counting.CountedBy, Phases = clock.Phases,
            KernelMicroseconds = clock.Start,
            StageMicroseconds = clock.Elapsed, PeakResidentKiB = peakResidentKiB,
        };
    }

    // Shown even on a console that was asked to be quiet.
    private void LogError(string text) => logger.Write(LogLevel.Error, text);

    private void LogWarning(string text) => logger.Write(LogLevel.Warning, text);
}
