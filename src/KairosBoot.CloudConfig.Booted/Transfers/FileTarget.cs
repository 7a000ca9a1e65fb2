using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Writes to an open file while its file system has enough free space.</summary>
/// <param name="file">Open for writing, and empty.</param>
/// <param name="limits">The free space to keep.</param>
internal sealed class FileTarget(FileHandle file, TransferLimits limits) : TransferTarget(limits)
{
    private const int BytesBetweenChecks = 1 << 20;
    // COS_OEM has only 64 MiB: on a small file system a quarter stays free.
    private const int SmallFileSystemShare = 4;
    private readonly TransferLimits limits = limits;
    private Sha256 digest = new();
    private long sinceCheck;

    /// <summary>SHA-256 of the received bytes, in hexadecimal. Call it once, at the end.</summary>
    internal string Digest() => Convert.ToHexStringLower(digest.Finish());

    internal override void Start()
    {
        base.Start();
        Syscall.Empty(file);
        (digest, sinceCheck) = (new Sha256(), BytesBetweenChecks);
    }

    private protected override void Store(ReadOnlySpan<byte> piece)
    {
        sinceCheck += piece.Length;
        if (sinceCheck >= BytesBetweenChecks)
        {
            sinceCheck = 0;
            var (free, size) = (Syscall.FreeSpace(file).Bytes, Syscall.FileSystemSize(file));
            var reserve = Math.Min(limits.FreeBytes, size / SmallFileSystemShare);
            if (free < reserve) Failure = $"the target's file system has {free} bytes free, and {reserve} must stay free";
        }
        if (Failure is not null) return;
        Syscall.WriteAll(file, piece);
        digest.Append(piece);
    }
}
