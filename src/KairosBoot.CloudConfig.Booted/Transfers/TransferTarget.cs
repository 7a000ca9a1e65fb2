using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Receives the content of a transfer and stops it if it is too large or too slow.</summary>
internal abstract class TransferTarget(TransferLimits limits)
{
    private long windowStart, windowBytes;

    /// <summary>Why the transfer was stopped; null: it was not.</summary>
    internal string? Failure { get; private protected set; }

    internal long Received { get; private set; }

    /// <summary>Call it before each attempt.</summary>
    internal virtual void Start() => (Failure, Received, windowStart, windowBytes) = (null, 0, Syscall.BootTimeMicroseconds(), 0);

    /// <summary>An <see cref="OutputReceiver"/>.</summary>
    internal bool Take(ReadOnlySpan<byte> piece)
    {
        Received += piece.Length;
        windowBytes += piece.Length;
        if (piece.Length > 0) Store(piece);
        if (Failure is null) CheckSpeed();
        return Failure is null;
    }

    /// <summary>May set <see cref="Failure"/>.</summary>
    private protected abstract void Store(ReadOnlySpan<byte> piece);

    private void CheckSpeed()
    {
        var now = Syscall.BootTimeMicroseconds();
        if (now - windowStart < limits.Window.TotalMicroseconds) return;
        if (windowBytes < limits.BytesPerSecond * limits.Window.TotalSeconds)
            Failure = $"less than {limits.BytesPerSecond} bytes per second for {limits.Window.TotalSeconds:0} s";
        (windowStart, windowBytes) = (now, 0);
    }
}
