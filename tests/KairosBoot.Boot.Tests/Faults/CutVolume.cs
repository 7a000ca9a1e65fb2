using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>A COS_STATE that lost power between two writes, as the boot loader and the kernel read it.</summary>
/// <param name="path">The raw file system; the test writes to it.</param>
internal sealed class CutVolume(string path)
{
    private const string Block = "/bootstate";

    public void Write(DiskWrite write)
    {
        using FileStream file = File.OpenWrite(path);
        file.Position = write.Offset;
        file.Write(write.Data);
    }

    /// <summary>The current content at the place of a write.</summary>
    public DiskWrite Before(DiskWrite write)
    {
        byte[] data = new byte[write.Data.Length];
        using FileStream file = File.OpenRead(path);
        file.Position = write.Offset;
        file.ReadExactly(data);
        return write with { Data = data };
    }

    /// <summary>The file as GRUB reads it, without the journal; empty: no file.</summary>
    public byte[] ReadAsLoader()
    {
        string read = path + ".grub";
        (int status, string output) = Tool.Try("grub-fstest", path, "cp", $"(loop0){Block}", read);
        if (status == 0) return File.ReadAllBytes(read);
        Assert.Contains("not found", output, StringComparison.Ordinal);
        return [];
    }

    /// <summary>The file as the kernel reads it, after a replay of the journal. The file system must be valid then.</summary>
    public byte[] ReadAsKernel()
    {
        (string replayed, string read) = (path + ".replayed", path + ".kernel");
        Tool.Run("cp", "--sparse=always", path, replayed);
        (int status, string output) = Tool.Try("e2fsck", "-f", "-p", replayed);
        // 1: errors that the kernel would have repaired silently were repaired.
        Assert.True(status <= 1, output);
        File.Delete(read);
        Tool.Run("debugfs", "-R", $"dump {Block} {read}", replayed);
        return File.Exists(read) ? File.ReadAllBytes(read) : [];
    }

    /// <summary>The counters in a file; null: no file, or not usable.</summary>
    public static BootCounters? Counters(byte[] file) =>
        BootBlock.Read(file) is { Usable: true, Problem: null } block ? block.Counters : null;
}
