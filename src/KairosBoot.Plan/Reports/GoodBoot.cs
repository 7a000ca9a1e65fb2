using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A boot that was marked good, as the list of boots keeps it.</summary>
/// <param name="BootId">/proc/sys/kernel/random/boot_id.</param>
/// <param name="Time">When it was marked good, seconds since 1970.</param>
/// <param name="Slot">The slot.</param>
public sealed record GoodBoot(string BootId, long Time, Slot Slot)
{
    /// <summary><c>order</c>, <c>oneshot</c>, <c>fallback</c>; empty: the counters did not choose the slot.</summary>
    public string Why { get; init; } = "";

    /// <summary>Of a fallback: why the first slot was not booted. Empty: no fallback.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Id of the image, as in the counters.</summary>
    public string Image { get; init; } = "";

    /// <summary>Milliseconds of the kernel, of kairos-boot, and from the start of init until the boot was marked good.</summary>
    public long Kernel { get; init; }
    public long Initrd { get; init; }
    public long System { get; init; }

    /// <summary>Tries that the slot had lost since the last good boot, without this boot.</summary>
    public int Lost { get; init; }

    /// <summary>As <see cref="ReportedBoot.Warnings"/>.</summary>
    public int Warnings { get; init; }

    /// <summary>The phases of kairos-boot in milliseconds.</summary>
    public ImmutableArray<(string Name, long Milliseconds)> Phases { get; init; } = [];

    /// <summary>A <see cref="StepMark"/> for each step.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>The entry for a boot that is marked good now.</summary>
    /// <param name="report">Its report.</param>
    /// <param name="bootId">Its id.</param>
    /// <param name="time">Now, seconds since 1970.</param>
    /// <param name="microseconds">Now, since the start of the kernel.</param>
    public static GoodBoot? Of(ReportedBoot report, string bootId, long time, long microseconds) => report.Slot is not { } slot ? null
        : new(bootId, time, slot)
        {
            Why = report.IsFallback ? "fallback" : report.Why?.Name() ?? "", Image = BootCounter.IdOf(report.ImageId),
            Kernel = report.KernelMicroseconds / 1000, Initrd = report.StageMicroseconds / 1000,
            System = Math.Max(0, microseconds - report.TotalMicroseconds) / 1000, Warnings = report.Warnings,
            Phases = [.. report.Phases.Select(phase => (phase.Name, phase.Microseconds / 1000))],
            Steps = [.. report.Steps.Select(step => StepMark.Of(step.Summary)).Distinct()],
        };
}
