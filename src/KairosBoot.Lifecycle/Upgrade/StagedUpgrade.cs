using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// An image that <c>kboot upgrade --download-only</c> has written and that waits for <c>kboot upgrade --staged</c>. Nothing boots it.
/// </summary>
/// <param name="ImageId">Its id, which it keeps in its slot.</param>
/// <param name="SizeBytes">Its size.</param>
public sealed record StagedUpgrade(string ImageId, long SizeBytes)
{
    /// <summary>Path of the image on COS_STATE; for a recovery image: on COS_RECOVERY.</summary>
    internal const string Image = "/cOS/staged.img";

    private static readonly string[] NewNames =
        [Slot.Active.Image(), SystemPaths.RecoveryImage, SystemPaths.OtherRecoveryImage];

    /// <summary>Finds the staged image of a partition. Its name says that it is complete; its content is not read.</summary>
    /// <param name="partition">Mount point of COS_STATE, or of COS_RECOVERY.</param>
    /// <returns>Null: none waits, or the switch to it was interrupted after it got its slot.</returns>
    public static StagedUpgrade? Find(string partition)
    {
        if (Syscall.TryLStat(partition + Image) is not { Type: FileType.Regular } staged) return null;
        if (NewNames.Any(name => Syscall.TryLStat(partition + name) is { } image
            && (image.Device, image.Inode) == (staged.Device, staged.Inode)))
        {
            return null;
        }

        return new(BootCounter.IdOf(ImageIdentity.Of(partition + Image)), staged.Size);
    }

    /// <summary>The content of a request is staged already. Only a finished image can be compared, and is, byte by byte.</summary>
    internal static bool IsOf(UpgradeRequest request, TargetSystem machine, CancellationToken cancellationToken)
    {
        if (request.Image is null) return false;
        var recovery = request.IsRecovery ? machine.Recovery : null;
        var partition = recovery?.Path ?? machine.State.Path;
        return Find(partition) is not null && new ExistingImage(machine, cancellationToken).HasContent(partition + Image, request.Image);
    }

    /// <summary>The request for an upgrade to the staged image.</summary>
    /// <param name="recovery">Mount point of COS_RECOVERY, for a recovery image; null: for an image of the system.</param>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <exception cref="OperatorException">No image is staged.</exception>
    internal static UpgradeRequest Request(string? recovery, string state)
    {
        var (image, isRecovery) = ((recovery ?? state) + Image, recovery is not null);
        if (Syscall.TryLStat(image) is not { Type: FileType.Regular })
        {
            throw new OperatorException($"no {(isRecovery ? "recovery image" : "image")} is staged: {image} does not exist",
                $"stage one: kboot upgrade {(isRecovery ? "--recovery " : "")}--download-only FILE");
        }

        // The mark was set when the image was staged.
        var mark = $"{state}{SystemPaths.UnassessedImages}/{SealedImage.Id(image)}";
        return new(image, null, null, null, isRecovery, KBoot: null)
        {
            WithoutAssessment = !isRecovery && Syscall.TryLStat(mark) is not null,
        };
    }

    /// <summary>Path of the digest of a staged image without a seal: a line as sha256sum writes it.</summary>
    internal static string DigestOf(string image) => image + ".sha256";

    internal static void WriteDigest(string image, string digest)
    {
        var path = DigestOf(image);
        FileText.Write(path, $"{digest}  {PathParts.NameOf(image)}\n");
        using var file = Syscall.Open(path, OpenFlags.ReadOnly);
        Syscall.FSync(file);
    }

    /// <summary>Reads the staged image from the disk and compares it with its seal, or with the digest from when it was written.</summary>
    /// <exception cref="OperatorException">It is damaged.</exception>
    internal static void Verify(string image, ProgressReport progress, CancellationToken cancellationToken)
    {
        var (seal, length) = (SealedImage.Read(image), Syscall.TryStat(image)!.Value.Size);
        using (var file = Syscall.Open(image, OpenFlags.ReadOnly))
        {
            Syscall.DropCached(file);
        }

        var digest = SealedImage.Digest(image, seal?.Size ?? length, progress, cancellationToken);
        if (digest == (seal?.Sha256 ?? ReadDigest(image))) return;
        throw new OperatorException($"{image} is damaged: it does not match {(seal is null ? "its digest" : "its seal")}",
            "stage the image again with kboot upgrade --download-only; if the error repeats, replace the disk; the system is unchanged");
    }

    private static string? ReadDigest(string image) =>
        BoundedFile.TryReadText(DigestOf(image), ReadLimit.SystemText)?.Split(' ')[0];
}
