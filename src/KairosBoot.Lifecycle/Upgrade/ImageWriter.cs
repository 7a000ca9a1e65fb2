using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Writes the new image next to the others, verified and checked. If a step fails, what it wrote is removed.</summary>
/// <param name="request">The source of the image.</param>
/// <param name="machine">The machine.</param>
/// <param name="stream">The open source, if it can be read only once.</param>
/// <param name="reporter">Checks that something marks the image good.</param>
/// <param name="notes">Gets sentences about what was found.</param>
/// <param name="progress">Gets the progress.</param>
/// <param name="cancellationToken">Ends the work; the system is unchanged.</param>
internal sealed class ImageWriter(UpgradeRequest request, TargetSystem machine, ImageStream? stream, ReporterRule reporter,
    List<string> notes, ProgressReport progress, CancellationToken cancellationToken)
{
    private readonly IReadOnlyList<string> mountPoints = machine.MountPoints();

    /// <summary>SHA-256 of the image that was written; null: it has a seal.</summary>
    internal string? Digest { get; private set; }

    /// <summary>Checks the source before anything is written. Of a stream, only the first bytes can be examined before.</summary>
    /// <returns>The file system of the new image.</returns>
    /// <exception cref="OperatorException">It would not boot here; the message says why.</exception>
    internal string CheckSource()
    {
        if (request.Image is null) return request.Format == ImageFormat.Squashfs ? "squashfs" : "ext4";
        if (stream is null) return ImagePreflight.CheckImage(request.Image, mountPoints);
        return stream.Type ?? throw new OperatorException($"{request.Image} contains no file system image",
            "build it with kboot image build, and compress it with zstd");
    }

    /// <summary>
    /// Writes <see cref="SlotSwitch.Transition"/>, after removing what an interrupted upgrade left, and a staged image.
    /// </summary>
    /// <returns>Files that the build added to the tree.</returns>
    /// <exception cref="OperatorException">The image would not boot here, does not fit, or the disk fails.</exception>
    internal IReadOnlyList<string> Write(SlotSwitch slotSwitch)
    {
        slotSwitch.Check();
        if (request.Image is not null && stream is null) reporter.Check(request.Image, request.Image);
        slotSwitch.Clear();
        // The partition has no room for two new images.
        if (slotSwitch.RemoveStaged()) notes.Add("the image that was staged before is removed");
        try
        {
            IReadOnlyList<string> added = [];
            slotSwitch.Change(() => added = Fill(new TransitionImage(slotSwitch.Transition, progress, cancellationToken),
                slotSwitch.Transition));
            Digest = new TransitionImage(slotSwitch.Transition, progress, cancellationToken).ReadBack(request.Image, stream is not null);
            CheckWritten(slotSwitch.Transition);
            cancellationToken.ThrowIfCancellationRequested();
            return added;
        }
        catch (Exception failure)
        {
            TryClear(slotSwitch);
            if (failure is SyscallException call && Explain(call, slotSwitch.Transition) is { } explained)
                throw explained;
            throw;
        }
    }

    /// <summary>The checks of an image that is on the partition.</summary>
    internal void CheckWritten(string written)
    {
        try
        {
            ImagePreflight.CheckImage(written, mountPoints);
        }
        catch (OperatorException failure) when (stream is not null)
        {
            throw new OperatorException(failure.Problem.Replace(written, request.Image), failure.Fix);
        }

        if (ImagePreflight.OlderThan(written, machine.Host) is { } older) notes.Add(older);
        reporter.Check(written, request.Image ?? written);
    }

    private IReadOnlyList<string> Fill(TransitionImage transition, string path)
    {
        if (request.Image is not null)
        {
            if (stream is not null) transition.CopyFrom(stream);
            else transition.CopyFrom(request.Image);
            return [];
        }

        using var scratch = new TemporaryDirectory(nextTo: Path.Combine(machine.ScratchDirectory, "kairosboot-upgrade"), cancellationToken);
        using var root = request.Root is null ? null : OneFileSystem.Of(request.Root);
        progress("unpacking", 0, 1);
        var tree = root is not null ? new SourceTree(root.Path, [], Disposable: false)
            : request.Tar is not null ? TarExtraction.Extract(request.Tar, scratch.File("root"), cancellationToken)
            : OciImage.Unpack(request.Oci!, scratch);
        ImagePreflight.CheckTree(tree.Path, mountPoints);
        progress("building", 0, 1);
        var build = new ImageRequest(tree.Path, null, request.Format, SizeBytes: null, Kernel: null, InitrdRequest.DefaultModules,
            Init: null, request.KBoot)
        {
            Allocate = true,
        };
        var built = ImageBuilder.Build(build, tree, path, scratch);
        transition.FillHoles();
        return built.Added;
    }

    // The user must see the first error, not one of the clean-up. The next upgrade cleans up too.
    private static void TryClear(SlotSwitch slotSwitch)
    {
        try
        {
            slotSwitch.Clear();
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
        }
    }

    /// <summary>The error if the new image does not fit.</summary>
    internal static OperatorException NoSpace(string path, string reason) =>
        new($"no space for the new image on the partition of {path}: {reason}",
            "make the image smaller or the partition larger: it must hold three images; the system is unchanged");

    private OperatorException? Explain(SyscallException failure, string path) => failure.Errno switch
    {
        Errno.ENOSPC => NoSpace(path, failure.Message),
        Errno.EIO when failure.Path == request.Image =>
            new($"{failure.Path} cannot be read: {failure.Message}", "copy the image again from another disk; the system is unchanged"),
        Errno.EIO => new($"writing the new image failed: {failure.Message}", "replace the disk or its controller; the system is unchanged"),
        Errno.EROFS or Errno.EUCLEAN =>
            new($"the partition of {path} cannot be written: {failure.Message}",
            "check its file system in the recovery system: e2fsck -f; the system is unchanged"),
        _ => null,
    };
}
