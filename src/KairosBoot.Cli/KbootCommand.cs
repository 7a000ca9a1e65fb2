using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary>All verbs of <c>kboot</c>. Help, completion and manual pages are made from this definition.</summary>
internal static class KbootCommand
{
    internal static RootCommand Create()
    {
        var root = new RootCommand("Build, install and maintain systems that boot with KairosBoot.")
        {
            new Command("initrd", "Build and inspect initrds.") { InitrdBuildCommand.Create(), InitrdInspectCommand.Create() },
            new Command("image", "Build and inspect OS images.") { ImageBuildCommand.Create(), ImageInspectCommand.Create() },
            new Command("disk", "Build disk images.") { DiskBuildCommand.Create() },
            RunCommand.Create(),
            InstallCommand.Create(),
            UpgradeCommand.Create(),
            UpgradeNodeCommand.Create(),
            ResetCommand.Create(),
            StatusCommand.Create(),
            ReportCommand.Create(),
            AssessCommand.Create(),
            SelectCommand.Create(),
            RollbackCommand.Create(),
            PinCommand.Create(),
            PinCommand.CreateUnpin(),
            KargsCommand.Create(),
            new Command("stage", "Run stages of cloud-configs.") { StageRunCommand.Create() },
            LintCommand.Create(),
            PlanCommand.Create(),
        };
        root.Add(HelpCommand.Create(root));
        root.Add(VersionCommand.Create(root));
        root.Add(CompletionCommand.Create());
        root.Add(CompletionCommand.CreateComplete(root));
        root.Add(ManCommand.Create(root));
        return root;
    }
}
