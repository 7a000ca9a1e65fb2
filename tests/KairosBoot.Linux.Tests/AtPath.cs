namespace KairosBoot.Linux.Tests;

/// <summary>Calls by path name, which the product does not have, for the preparation of tests.</summary>
internal static class AtPath
{
    internal static void MkNod(string path, FileType type, int mode, ulong device)
    {
        using var directory = Syscall.Open(Path.GetDirectoryName(path)!, OpenFlags.Path | OpenFlags.Directory);
        Syscall.MkNodAt(directory, Path.GetFileName(path), type, mode, device);
    }

    internal static void ChMod(string path, int mode)
    {
        using var file = Syscall.Open(path, OpenFlags.Path);
        Syscall.ChMod(file, mode);
    }

    internal static void ChOwn(string path, int uid, int gid)
    {
        using var file = Syscall.Open(path, OpenFlags.Path);
        Syscall.ChOwn(file, uid, gid);
    }
}
