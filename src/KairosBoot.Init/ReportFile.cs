using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Writes /run/kairosboot/report.json, the last thing before userland starts.</summary>
internal sealed class ReportFile(
    BootRecord record, BootClock clock, Devices devices, KernelModules modules, SlotCounting counting, StageProcess stages,
        PlanRunner plans, MessageLog logger)
{
    public void Write(BootRequest request)
    {
        foreach (var problem in modules.Problems) record.Note(StepClass.Optional, "module: " + problem);
        if (clock.HeldSeconds > 0)
            plans.Apply([new WriteFile(StepClass.Optional, SystemPaths.HeldSeconds, clock.HeldSeconds.ToString())]);
        clock.EndPhase("hand-over");
        var report = record.ToReport(request, clock, devices, counting, Math.Max(StageProtocol.PeakResidentKiB(), stages.PeakResidentKiB));
        // The report holds the logs of failed boots, and those hold what cloud-configs printed: only root and its group may read it.
        plans.Apply([new WriteFile(StepClass.Degraded, SystemPaths.Report, report.ToJson()) { Mode = Octal.O640 },
            new WriteFile(StepClass.Optional, SystemPaths.Summary, new BootSummary(report.Verdict, request.Slot, report.ImageId).Write())]);
        Verdict(report.Verdict, request.Slot.Name(), (report.StageMicroseconds / 1000).ToString(), report.PeakResidentKiB.ToString());
    }

    // Numbers are passed as text: each combination of types would add code to PID 1.
    private void Verdict(string verdict, string slot, string milliseconds, string peakKiB) =>
        logger.Write(LogLevel.Information, $"verdict {verdict}: {slot} ready after {milliseconds} ms, {peakKiB} KiB at most");
}
