using System.Runtime.InteropServices;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>An open file descriptor, always close-on-exec. Errors name it by the path that it was opened with.</summary>
public sealed class FileHandle : SafeHandle
{
    public FileHandle(int descriptor, string path) : base(-1, ownsHandle: true)
    {
        SetHandle(descriptor);
        Path = path;
    }

    public string Path { get; }
    public int Descriptor => (int)handle;
    public override bool IsInvalid => handle < 0;

    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
