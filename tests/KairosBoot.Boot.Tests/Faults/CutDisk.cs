using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>A disk that lost power between two writes, and what the boot loader and the kernel each find on its COS_STATE.</summary>
/// <param name="path">The whole disk, raw; it is written to.</param>
/// <param name="start">Of COS_STATE, in bytes.</param>
internal sealed class CutDisk(string path, long start)
{
    private const string Block = "/bootstate";

    public string Path => path;

    /// <summary>Does these writes.</summary>
    public void Write(IEnumerable<DiskWrite> writes)
    {
        using FileStream file = File.OpenWrite(path);
        foreach (DiskWrite write in writes)
        {
            file.Position = write.Offset;
            file.Write(write.Data);
        }
    }

    public CutDisk Copy(string to)
    {
        Tool.Run("cp", "--sparse=always", path, to);
        return new CutDisk(to, start);
    }

    /// <summary>The file as GRUB reads it, which does not look into the journal; empty: there is none.</summary>
    public byte[] AsLoaderFindsIt()
    {
        string read = path + ".grub";
        (int status, string said) = Tool.Try("grub-fstest", path, "cp", $"(loop0,gpt5){Block}", read);
        if (status != 0)
        {
            Assert.Contains("not found", said, StringComparison.Ordinal);
            return [];
        }
        return File.ReadAllBytes(read);
    }

    /// <summary>The file as the kernel finds it, which takes what the journal has first. The file system must be sound then.</summary>
    public byte[] AsKernelFindsIt()
    {
        CutDisk replayed = Copy(path + ".replayed");
        string partition = $"{replayed.Path}?offset={start}";
        (int status, string said) = Tool.Try("e2fsck", "-f", "-p", partition);
        // 1: what the kernel would have put right without a word has been.
        Assert.True(status <= 1, said);
        string read = path + ".kernel";
        File.Delete(read);
        Tool.Run("debugfs", "-R", $"dump {Block} {read}", partition);
        return File.Exists(read) ? File.ReadAllBytes(read) : [];
    }

    /// <summary>The counters in a file; null: there is none, or none that can be used.</summary>
    public static BootCounters? Counters(byte[] file) => BootBlock.Read(file) is { Usable: true, Problem: null } block ? block.Counters : null;
}
