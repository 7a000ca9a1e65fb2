using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary><c>kboot report</c></summary>
internal static class ReportCommand
{
    internal static Command Create()
    {
        var json = JsonOutput.Option;
        var svg = new Option<string?>("--svg")
        {
            Description = "Write a picture of the boot's timeline, as systemd-analyze plot does", HelpName = "FILE",
        };
        var bundle = new Option<string?>("--bundle")
        {
            Description = "Write one archive (.tar.gz) for support, from a fixed list of files, with secrets replaced", HelpName = "FILE",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Report another machine: mount point of its COS_STATE or COS_OEM, or an unpacked archive of --bundle",
            HelpName = "DIR",
        };
        var command = new Command("report", "Show how this boot went, what took the time, the last boots, and what differs from the usual.")
        {
            json, svg, bundle, state,
        };
        command.SetAction(parsed =>
        {
            var report = MachineReport.Read(parsed.GetValue(state));
            if (parsed.GetValue(svg) is { } picture) ReportPicture.Write(report, picture);
            if (parsed.GetValue(bundle) is { } archive) SupportBundle.Write(report.Files, archive, ReportOutput.ForArchive(report));
            if (parsed.GetValue(json)) ReportOutput.WriteJson(report);
            else if (parsed.GetValue(svg) is null && parsed.GetValue(bundle) is null) ReportOutput.Print(report);
        });
        return command;
    }
}
