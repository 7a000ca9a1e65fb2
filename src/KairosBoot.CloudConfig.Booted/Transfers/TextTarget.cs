using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Collects a text in memory, up to a limit.</summary>
internal sealed class TextTarget(ReadLimit limit, TransferLimits limits) : TransferTarget(limits)
{
    private readonly MemoryStream content = new();

    internal string Text => ConfigEncoding.Decode(content.GetBuffer().AsSpan(0, (int)content.Length));

    internal override void Start()
    {
        base.Start();
        content.SetLength(0);
    }

    private protected override void Store(ReadOnlySpan<byte> piece)
    {
        if (content.Length + piece.Length > limit.Bytes) Failure = $"larger than {limit.Bytes} bytes, which is the limit for {limit.What}";
        else content.Write(piece);
    }
}
