using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>Options for the source of a new image.</summary>
internal sealed class UpgradeSourceOptions
{
    private readonly Option<string?> image = new("--image")
    {
        Description = "A finished image, from kboot image build; also compressed with zstd, or a pipe; -: standard input",
        HelpName = "FILE",
    };
    private readonly Option<string?> root = new("--root")
    {
        Description = "Build the image from a directory tree, without the file systems mounted in it", HelpName = "DIR",
    };
    private readonly Option<string?> tar = new("--tar") { Description = "Build the image from a container export", HelpName = "FILE" };
    private readonly Option<string?> oci = new("--oci")
    {
        Description = "Build the image from an OCI layout or from a registry, with skopeo and umoci", HelpName = "REF",
    };

    private readonly Option<bool> noAssessment = new("--no-assessment")
    {
        Description = "Mark each boot of the new image good when its init starts, if nothing in it does",
    };

    internal void AddTo(Command command, bool isRequired)
    {
        Option<string?>[] all = [image, root, tar, oci];
        foreach (var option in all)
            command.Add(option);
        command.Add(noAssessment);
        command.Validators.Add(result =>
        {
            var given = all.Count(option => result.GetResult(option) is not null);
            if (given > 1 || given == 0 && isRequired)
                result.AddError("Give one of --image, --root, --tar and --oci.");
            // The recovery image is not a choice of this command: a reset decides by itself whether it needs the mark.
            if (given == 0 && result.GetValue(noAssessment))
                result.AddError("Give --no-assessment together with --image, --root, --tar or --oci.");
        });
    }

    /// <summary>An image for recovery needs no assessment.</summary>
    internal void RefuseAssessmentOf(Command command, Option<bool> recovery) => RefuseAssessmentOf(command, recovery, noAssessment);

    /// <inheritdoc cref="RefuseAssessmentOf(Command, Option{bool})"/>
    internal static void RefuseAssessmentOf(Command command, Option<bool> recovery, Option<bool> noAssessment) =>
        command.Validators.Add(result =>
        {
            if (result.GetValue(recovery) && result.GetValue(noAssessment))
                result.AddError("Give only one of --recovery and --no-assessment: an image for recovery does not need it.");
        });

    internal UpgradeRequest Request(ParseResult parsed, bool isRecovery) => new(
        parsed.GetValue(image) is "-" ? "/dev/stdin" : Full(parsed.GetValue(image)), Full(parsed.GetValue(root)),
        Full(parsed.GetValue(tar)), parsed.GetValue(oci), isRecovery, ImageBuildCommand.Program())
    {
        WithoutAssessment = parsed.GetValue(noAssessment),
    };

    /// <returns>Null if no source was given.</returns>
    internal UpgradeRequest? TryRequest(ParseResult parsed) =>
        Request(parsed, isRecovery: false) is { } request && (request.Image ?? request.Root ?? request.Tar ?? request.Oci) is not null
            ? request : null;

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
