using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>A step of a report.</summary>
/// <param name="Command">The shell command that does the same.</param>
/// <param name="Class"><c>required</c>, <c>degraded</c>, <c>optional</c>.</param>
/// <param name="Result"><c>ok</c>, <c>partial</c>, <c>failed</c>.</param>
/// <param name="Start">Microseconds since the start of the kernel; 0: not known.</param>
/// <param name="Microseconds">How long it took.</param>
/// <param name="Error">What is missing; null: nothing.</param>
public sealed record ReportedStep(string Command, string Class, string Result, long Start, long Microseconds, string? Error)
{
    /// <summary>The first line of the command.</summary>
    public string Summary => Command.IndexOf('\n') is var end and >= 0 ? Command[..end] : Command;
}

/// <summary>One boot as its report.json describes it. A report of another machine is foreign input: each member may be missing.</summary>
public sealed record ReportedBoot
{
    public string Verdict { get; init; } = "";
    public Slot? Slot { get; init; }
    public string ImageId { get; init; } = "";
    public ChoiceReason? Why { get; init; }
    public string Kernel { get; init; } = "";
    public long? TriesLeft { get; init; }

    /// <summary>The slot that is first in the order; null: not known.</summary>
    public Slot? First { get; init; }

    /// <summary>The last slot that was marked bad, and why; empty: none.</summary>
    public string GivenUp { get; init; } = "";

    /// <summary>Microseconds from the start of the kernel to that of kairos-boot, and from there to the report.</summary>
    public long KernelMicroseconds { get; init; }
    public long StageMicroseconds { get; init; }

    public ImmutableArray<(string Name, long Microseconds)> Phases { get; init; } = [];
    public ImmutableArray<(string Class, string Text)> Problems { get; init; } = [];
    public ImmutableArray<(string Place, string Reason, bool IsWarning)> ConfigProblems { get; init; } = [];
    public ImmutableArray<ReportedStep> Steps { get; init; } = [];

    /// <summary>The boot as a whole, until kairos-boot started init.</summary>
    public long TotalMicroseconds => KernelMicroseconds + StageMicroseconds;

    /// <summary>What a person should look at: problems, steps that are not ok, and problems of cloud-configs.</summary>
    public int Warnings => Problems.Length + ConfigProblems.Length + Steps.Count(step => step.Result != "ok");

    /// <summary>Another slot than the first in the order runs, and nobody selected it.</summary>
    public bool IsFallback => Slot is { } slot && First is { } first && slot != first && Why != ChoiceReason.OneShot;
}
