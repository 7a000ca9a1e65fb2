namespace KairosBoot.Lifecycle;

/// <summary>The first block of a disk whose installation has begun: it boots nothing, says so to whoever looks, and lets the next one go on without being forced.</summary>
internal static class UnfinishedMark
{
    private static ReadOnlySpan<byte> Text => "KairosBoot: the installation on this disk did not finish. Run kboot install again.\n"u8;

    internal static byte[] Write(int length)
    {
        var block = new byte[length];
        Text.CopyTo(block);
        return block;
    }

    internal static bool Is(ReadOnlySpan<byte> block) => block.StartsWith(Text);
}
