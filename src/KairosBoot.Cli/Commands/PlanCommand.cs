using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot plan</c></summary>
internal static class PlanCommand
{
    internal static Command Create()
    {
        var commandLine = new Option<string?>("--cmdline")
        {
            Description = "Kernel command line of the boot (default: that of this boot; with --root: none)", HelpName = "TEXT",
        };
        var root = new Option<string?>("--root")
        {
            Description = "Directory tree: plan the boot of an image made of it on any machine", HelpName = "DIR",
        };
        var cloudConfig = new Option<string?>("--cloud-config")
        {
            Description = "Directory with the cloud-configs of COS_OEM (default: /oem; with --root: none)", HelpName = "DIR",
        };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 also if there are only warnings" };
        var json = JsonOutput.Option;
        var command = new Command("plan",
            "Show a boot as the list of commands it amounts to, without doing it. Exit 1 if it would not work.")
        {
            commandLine, root, cloudConfig, strict, json,
        };
        command.SetAction(parsed =>
        {
            var (given, configs) = (parsed.GetValue(commandLine), parsed.GetValue(cloudConfig));
            var preview = parsed.GetValue(root) is { } tree ? TreePreview.Of(given ?? "", tree, configs) : NodePreview.Of(given, configs);
            if (parsed.GetValue(json))
                PlanJson.Write(preview);
            else
                Print(preview);
            return preview.Problems.Any(problem => !problem.IsWarning || parsed.GetValue(strict)) ? 1 : 0;
        });
        return command;
    }

    private static void Print(BootPreview preview)
    {
        Console.Write(preview.Headline());
        foreach (var check in preview.Checks)
            PrintableWriter.Output.WriteWord($"# check {check.Name}: ", check.ResultName, "");
        Console.Write(preview.Script());
        foreach (var problem in preview.Problems)
        {
            PrintableWriter.Errors.WriteWord("", problem.IsWarning ? "warning:" : "error:", $" {problem.Text}");
            ProblemOutput.PrintFix(PrintableWriter.Errors, problem.Fix);
        }
    }
}
