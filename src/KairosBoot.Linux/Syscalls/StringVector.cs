using System.Runtime.InteropServices;

namespace KairosBoot.Linux;

/// <summary>A NULL-terminated char*[] for exec and similar calls.</summary>
internal sealed unsafe class StringVector : IDisposable
{
    private readonly int count;

    internal StringVector(IReadOnlyList<string> strings)
    {
        count = strings.Count;
        Pointer = (byte**)NativeMemory.Alloc((nuint)(count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < count; i++) Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        Pointer[count] = null;
    }

    internal byte** Pointer { get; }

    public void Dispose()
    {
        for (var i = 0; i < count; i++) Marshal.FreeCoTaskMem((nint)Pointer[i]);
        NativeMemory.Free(Pointer);
    }
}
