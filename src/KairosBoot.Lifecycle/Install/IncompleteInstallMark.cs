namespace KairosBoot.Lifecycle;

/// <summary>
/// The first block of a disk whose installation has begun. The disk does not boot, the block says why, and the next installation needs no
/// --force.
/// </summary>
internal static class IncompleteInstallMark
{
    // Older versions ended the sentence differently: only its start is compared.
    private static ReadOnlySpan<byte> Start => "KairosBoot: the installation on this disk did not "u8;

    private static ReadOnlySpan<byte> Text => "KairosBoot: the installation on this disk did not finish. Run kboot install again.\n"u8;

    internal static byte[] Write(int length)
    {
        var block = new byte[length];
        Text.CopyTo(block);
        return block;
    }

    internal static bool IsIn(ReadOnlySpan<byte> block) => block.StartsWith(Start);
}
