using System.CommandLine;
using System.CommandLine.Parsing;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>Options for the source of a new image.</summary>
internal sealed class UpgradeSourceOptions
{
    private readonly Argument<string?> file = new("FILE")
    {
        Description = "A finished image, as with --image", Arity = ArgumentArity.ZeroOrOne,
    };
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

    /// <summary>One of the options was given.</summary>
    internal bool IsGiven(SymbolResult result) =>
        new Option[] { image, root, tar, oci, noAssessment }.Any(option => result.GetResult(option) is not null);

    /// <summary>For a command that needs an image, and takes it also as an argument.</summary>
    /// <param name="command">The command.</param>
    /// <param name="other">An option that takes the place of a source.</param>
    internal void AddRequiredTo(Command command, Option other)
    {
        command.Add(file);
        Add(command);
        OneOf.Require(command, isRequired: true, file, image, root, tar, oci, other);
    }

    /// <summary>An option that needs a source whose content can be examined without unpacking it.</summary>
    internal void RefuseArchivesOf(Command command, Option<bool> option) => command.Validators.Add(result =>
    {
        if (result.GetValue(option) && (result.GetResult(tar) ?? result.GetResult(oci)) is not null)
        {
            result.AddError($"Give {option.Name} together with FILE, --image or --root: a container export or an OCI image can be " +
                "checked only after it is unpacked.");
        }
    });

    internal void AddTo(Command command)
    {
        Add(command);
        OneOf.Require(command, isRequired: false, image, root, tar, oci);
        // The recovery image is not a choice of this command: a reset decides by itself whether it needs the mark.
        command.Validators.Add(result =>
        {
            if (new[] { image, root, tar, oci }.All(option => result.GetResult(option) is null) && result.GetValue(noAssessment))
                result.AddError("Give --no-assessment together with --image, --root, --tar or --oci.");
        });
    }

    private void Add(Command command)
    {
        foreach (var option in new Option[] { image, root, tar, oci, noAssessment })
            command.Add(option);
    }

    /// <summary>An image for recovery needs no assessment.</summary>
    internal void RefuseAssessmentOf(Command command, Option<bool> recovery) => RefuseAssessmentOf(command, recovery, noAssessment);

    /// <summary>For an image that is staged, this was decided when it was staged.</summary>
    internal void RefuseAssessmentOfStaged(Command command, Option<bool> staged) => command.Validators.Add(result =>
    {
        if (result.GetValue(staged) && result.GetValue(noAssessment))
            result.AddError("Give --no-assessment together with --download-only: it is kept with the staged image.");
    });

    /// <inheritdoc cref="RefuseAssessmentOf(Command, Option{bool})"/>
    internal static void RefuseAssessmentOf(Command command, Option<bool> recovery, Option<bool> noAssessment) =>
        command.Validators.Add(result =>
        {
            if (result.GetValue(recovery) && result.GetValue(noAssessment))
                result.AddError("Give only one of --recovery and --no-assessment: an image for recovery does not need it.");
        });

    internal UpgradeRequest Request(ParseResult parsed, bool isRecovery)
    {
        var finished = parsed.GetValue(image) ?? parsed.GetResult(file)?.GetValueOrDefault<string?>();
        // /dev/stdin is a link to this, which a system without udev may lack.
        return new(finished is "-" ? "/proc/self/fd/0" : Full(finished), Full(parsed.GetValue(root)),
            Full(parsed.GetValue(tar)), parsed.GetValue(oci), isRecovery, ImageBuildCommand.Program())
        {
            WithoutAssessment = parsed.GetValue(noAssessment),
        };
    }

    /// <returns>Null if no source was given.</returns>
    internal UpgradeRequest? TryRequest(ParseResult parsed) =>
        Request(parsed, isRecovery: false) is { } request && (request.Image ?? request.Root ?? request.Tar ?? request.Oci) is not null
            ? request : null;

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
