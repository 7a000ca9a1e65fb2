using KairosBoot.Linux;

namespace KairosBoot.Lifecycle;

/// <summary>Reads a file or a pipe in order. A read that waits for the writer of a pipe ends if the work is cancelled.</summary>
/// <param name="file">Opened without blocking; disposed with the stream.</param>
/// <param name="cancellationToken">Ends a wait.</param>
internal sealed class PipeStream(FileHandle file, CancellationToken cancellationToken) : Stream
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(200);

    private byte[] ahead = [];

    internal bool IsPipe => Syscall.FStat(file).Type == FileType.Fifo;

    /// <summary>The first bytes, which the next read returns again; fewer at the end.</summary>
    internal ReadOnlySpan<byte> Peek(int length)
    {
        var bytes = new byte[length];
        return ahead = bytes[..this.ReadAtLeast(bytes, length, throwOnEndOfStream: false)];
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (ahead.Length > 0)
        {
            var length = Math.Min(ahead.Length, buffer.Length);
            ahead.AsSpan(0, length).CopyTo(buffer);
            ahead = ahead[length..];
            return length;
        }

        cancellationToken.ThrowIfCancellationRequested();
        while (!Syscall.WaitReadable(file, Turn))
            cancellationToken.ThrowIfCancellationRequested();
        return Syscall.Read(file, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
