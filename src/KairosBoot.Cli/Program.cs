using System.CommandLine;
using KairosBoot.Cli;

PrintableWriter.Install();
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
    AssessCommand.Create(),
    SelectCommand.Create(),
    RollbackCommand.Create(),
    PinCommand.Create(),
    PinCommand.CreateUnpin(),
    KargsCommand.Create(),
    new Command("stage", "Run stages of cloud-configs.") { StageRunCommand.Create() },
    LintCommand.Create(),
};
return Invocation.Run(root, UpgradeNodeCommand.Arguments(args));
