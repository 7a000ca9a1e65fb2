using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>A COS_STATE that lost power between two writes, and what the boot loader and the kernel each find on it.</summary>
/// <param name="path">The file system, raw; it is written to.</param>
internal sealed class CutVolume(string path)
{
    private const string Block = "/bootstate";

    public void Write(DiskWrite write)
    {
        using FileStream file = File.OpenWrite(path);
        file.Position = write.Offset;
        file.Write(write.Data);
    }

    /// <summary>What is there now, in the place of that write.</summary>
    public DiskWrite Before(DiskWrite write)
    {
        byte[] data = new byte[write.Data.Length];
        using FileStream file = File.OpenRead(path);
        file.Position = write.Offset;
        file.ReadExactly(data);
        return write with { Data = data };
    }

    /// <summary>The file as GRUB reads it, which does not look into the journal; empty: there is none.</summary>
    public byte[] AsLoaderFindsIt()
    {
        string read = path + ".grub";
        (int status, string said) = Tool.Try("grub-fstest", path, "cp", $"(loop0){Block}", read);
        if (status == 0) return File.ReadAllBytes(read);
        Assert.Contains("not found", said, StringComparison.Ordinal);
        return [];
    }

    /// <summary>The file as the kernel finds it, which takes what the journal has first. The file system must be sound then.</summary>
    public byte[] AsKernelFindsIt()
    {
        (string replayed, string read) = (path + ".replayed", path + ".kernel");
        Tool.Run("cp", "--sparse=always", path, replayed);
        (int status, string said) = Tool.Try("e2fsck", "-f", "-p", replayed);
        // 1: what the kernel would have put right without a word has been.
        Assert.True(status <= 1, said);
        File.Delete(read);
        Tool.Run("debugfs", "-R", $"dump {Block} {read}", replayed);
        return File.Exists(read) ? File.ReadAllBytes(read) : [];
    }

    /// <summary>The counters in a file; null: there is none, or none that can be used.</summary>
    public static BootCounters? Counters(byte[] file) => BootBlock.Read(file) is { Usable: true, Problem: null } block ? block.Counters : null;
}
