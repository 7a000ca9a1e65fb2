using System.CommandLine;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Lifecycle;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot stage run</c></summary>
internal static class StageRunCommand
{
    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Stage to run, together with NAME.before and NAME.after" };
        var sources = new Argument<string[]>("SOURCE")
        {
            Description = "Files, directories, URLs, - for standard input, or YAML texts (default: " +
                $"{string.Join(' ', SystemPaths.CloudConfigs)} and the sources and stages on the kernel command line)",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var root = new Option<string?>("--root")
        {
            Description = "Run the stage with this directory as root; the given sources are read outside of it", HelpName = "DIR",
        };
        var verbose = new Option<bool>("--verbose") { Description = "Also print what was done and what was skipped" };
        var json = JsonOutput.Option;
        var command = new Command("run", "Run one stage of the cloud-configs now.") { name, sources, root, verbose, json };
        command.SetAction(parsed => InterruptibleWork.Run(
            cancellationToken =>
            {
                var stage = parsed.GetRequiredValue(name);
                var report = Run(stage, parsed.GetValue(sources) ?? [], parsed.GetValue(root), new StageLogger(parsed.GetValue(verbose)),
                    cancellationToken);
                Print(stage, report, parsed.GetValue(json));
                if (report.Problems.Any(problem => !problem.IsWarning)) return 1;
                if (stage == FirstBoot.Stage && parsed.GetValue(root) is null && parsed.GetValue(sources) is null or []) FirstBoot.End();
                return 0;
            },
            "the current entry is incomplete, and later entries did not run"));
        return command;
    }

    private static StageReport Run(string stage, string[] names, string? root, StageLogger logger, CancellationToken cancellationToken)
    {
        if (Syscall.GetEUid() != 0)
        {
            throw new OperatorException("running a stage requires root",
                $"run sudo kboot stage run {stage}; to only check a cloud-config, run kboot lint --cloud-config FILE");
        }

        using var ending = cancellationToken.Register(RunningPrograms.End);
        using var running = RunningWork.Enter(RunningWork.Stage);
        var otherRoot = root is null || Path.GetFullPath(root) == "/" ? null : Path.GetFullPath(root);
        var sources = StageSources.Named(names, otherRoot is not null, cancellationToken);
        if (otherRoot is not null) AlternateRoot.Enter(otherRoot);
        return BootedStage.Run(stage, sources, logger, cancellationToken);
    }

    private static void Print(string stage, StageReport report, bool json)
    {
        if (!json)
        {
            Console.WriteLine($"stage {stage}: {report.EntriesRun} run, {report.EntriesSkipped} skipped, " +
                $"{ProblemOutput.Count(report.Problems)}");
            return;
        }

        JsonOutput.Write(writer =>
        {
            writer.WriteString("stage", stage);
            writer.WriteNumber("entriesRun", report.EntriesRun);
            writer.WriteNumber("entriesSkipped", report.EntriesSkipped);
            ProblemOutput.Write(writer, report.Problems);
        });
    }
}
