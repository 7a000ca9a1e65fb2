using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>Reads a descriptor in one pass.</summary>
internal sealed class HandleStream(FileHandle file) : ReadStream
{
    public override int Read(Span<byte> buffer) => Syscall.Read(file, buffer);

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
