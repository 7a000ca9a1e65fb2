using System.CommandLine;
using KairosBoot.Cli;

PrintableWriter.Install();
var root = new RootCommand("Builds and looks after systems that KairosBoot starts.")
{
    new Command("initrd", "The initial RAM disk: kairos-boot and the modules it needs.") { InitrdBuildCommand.Create(), InitrdInspectCommand.Create() },
    new Command("image", "OS images: one file system in a file.") { ImageBuildCommand.Create() },
    new Command("disk", "Whole disks.") { DiskBuildCommand.Create() },
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
    new Command("stage", "Stages of cloud-configs.") { StageRunCommand.Create() },
    LintCommand.Create(),
};
return Invocation.Run(root, UpgradeNodeCommand.Arguments(args));
