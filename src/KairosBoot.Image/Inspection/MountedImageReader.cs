using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>Reads an image that the kernel has mounted.</summary>
internal sealed class MountedImageReader(MountedImage mounted) : ImageReader
{
    internal override string? MountedPath => mounted.Path;

    protected override (bool Found, string? Target)? Look(string path)
    {
        using var file = UntrustedTree.TryOpen(mounted.Path, path, followLast: false);
        return file is null ? null : (true, Syscall.FStat(file).Type == FileType.Symlink ? Syscall.ReadLink(file) : null);
    }

    protected override byte[]? ReadResolved(string path, ReadLimit limit) =>
        UntrustedTree.TryStat(mounted.Path, path) is { Type: FileType.Regular } ? UntrustedTree.TryRead(mounted.Path, path, limit) : null;

    protected override byte[]? HeadOfResolved(string path, int maxBytes, ReadLimit limit) =>
        UntrustedTree.TryStat(mounted.Path, path) is { Type: FileType.Regular } ? UntrustedTree.Head(mounted.Path, path, maxBytes) : null;

    public override void Dispose() => mounted.Dispose();
}
