using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The timeline of a boot as a file.</summary>
public static class ReportPicture
{
    /// <exception cref="OperatorException">There is no report to draw.</exception>
    public static void Write(MachineReport report, string path) => HostFile.Write(path, Draw(report));

    internal static string Draw(MachineReport report)
    {
        if (report.Boot is not { } boot)
        {
            throw new OperatorException($"{report.Files.Root} has no report of a boot: it is in the memory of the machine",
                "run kboot report --bundle FILE on that machine, unpack FILE, and name the directory with --state");
        }

        return TimelineSvg.Draw(report.Bars, $"Boot of {boot.Slot?.Name() ?? "an unknown slot"}: {boot.Verdict}",
            [ReportText.Verdict(boot, report.Good)]);
    }
}
