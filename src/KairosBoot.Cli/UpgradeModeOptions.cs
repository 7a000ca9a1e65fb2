using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary>Options for a part of an upgrade.</summary>
internal sealed class UpgradeModeOptions
{
    private readonly Option<bool> dryRun = new("--dry-run")
    {
        Description = "Check and print what would be done, and write nothing; exit with 1 if the upgrade would be refused",
    };
    private readonly Option<bool> downloadOnly = new("--download-only")
    {
        Description = "Write and verify the new image, and stop before the switch: no boot uses it until kboot upgrade --staged",
    };
    private readonly Option<bool> staged = new("--staged") { Description = "Switch to the image that --download-only has written" };

    /// <summary>Adds them and the options for the source, which is not needed for an image that is staged.</summary>
    internal void AddTo(Command command, UpgradeSourceOptions source)
    {
        command.Add(dryRun);
        command.Add(downloadOnly);
        command.Add(staged);
        source.AddRequiredTo(command, staged);
        source.RefuseArchivesOf(command, dryRun);
        source.RefuseAssessmentOfStaged(command, staged);
        OneOf.Require(command, isRequired: false, dryRun, downloadOnly, staged);
    }

    internal bool IsDryRun(ParseResult parsed) => parsed.GetValue(dryRun);

    internal bool IsDownload(ParseResult parsed) => parsed.GetValue(downloadOnly);

    internal bool IsStaged(ParseResult parsed) => parsed.GetValue(staged);
}
