namespace KairosBoot.Boot.Tests;

/// <summary>Counters that cannot be read or written: the machine boots and reports the problem.</summary>
public sealed class BlockFaultTests : IDisposable
{
    private static readonly GrubDisk.Kind Kind = new() { Init = Settled.Init, KernelArguments = "panic=1" };

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-block-");

    public static TheoryData<string> Kinds => [.. (string[])(Thorough.Run ? ["empty", "truncated", "garbage"] : ["truncated"])];

    public void Dispose() => _work.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_counter_file_is_recreated(string kind)
    {
        // disk: as kboot builds it, with other content in the counter file
        using GrubDisk disk = new(Kind);
        (byte[] content, string problem) = kind switch
        {
            "empty" => ([], "is 0 bytes long instead of 1024"),
            "truncated" => (GrubDisk.Block("active_left=3\n")[..700], "is 700 bytes long instead of 1024"),
            _ => (Garbage(), "is not a GRUB environment block"),
        };
        disk.Replace("/bootstate", content);
        Settled settled = Settled.After(new MachineSpec { Name = "block-" + kind, Disks = [disk.File] });
        Assert.Equal(("active", "active", "2 3 3", "degraded"), (settled.Boots, settled.Slot, settled.Tries, settled.Verdict));
        Assert.Contains($"assessment inoperative: /bootstate on COS_STATE {problem}; it is recreated", settled.Problems);
        Assert.Equal("", settled.Status.GetProperty("problem").GetString() ?? "");
    }

    [Fact]
    public void On_btrfs_the_initrd_counts_because_grub_cannot_write_it()
    {
        // disk: as kboot builds it, with a btrfs as COS_STATE and a GRUB that reads it
        using GrubDisk disk = new(Kind with { AllDrivers = true });
        string tree = Path.Combine(_work.FullName, "tree"), volume = Path.Combine(_work.FullName, "volume"),
            grub = Path.Combine(_work.FullName, "grub.efi");
        Directory.CreateDirectory(tree);
        disk.OnState($"rdump /cOS /grub /bootstate {tree}");
        using (FileStream file = File.Create(volume))
        {
            file.SetLength(disk.StateSize);
        }
        Tool.Run("mkfs.btrfs", "-q", "-L", "COS_STATE", "-m", "single", "-d", "single", "--rootdir", tree, volume);
        disk.OverwriteState(volume);
        Tool.Run("grub-mkimage",
            ["-O", "x86_64-efi", "-p", "(,gpt5)/grub", "-o", grub, "part_gpt", "btrfs", "ext2", "fat", "loopback", "normal", "configfile",
            "test", "true",
            "echo", "sleep", "regexp", "probe", "search", "loadenv", "linux", "reboot", "halt", "serial", "terminal"]);
        disk.ReplaceUefiLoader(grub);

        Settled settled = Settled.After(new MachineSpec { Name = "block-btrfs", Firmware = Firmware.Uefi, Disks = [disk.File] });
        Assert.Equal(("active", "2 3 3", "degraded", "initrd"), (settled.Boots, settled.Tries, settled.Verdict, settled.CountedBy));
        Assert.Contains("assessment inoperative: the loader cannot write the boot counters; only kairos-boot counts attempts",
            settled.Problems);
        Assert.Equal([3, 3, 3],
            settled.Status.GetProperty("slots").EnumerateArray().Select(slot => slot.GetProperty("triesLeft").GetInt32()));
    }

    [Fact]
    public void On_a_write_protected_disk_no_try_is_counted()
    {
        // disk, write-protected: as kboot builds it
        using GrubDisk disk = new(Kind);
        Settled settled = Settled.After(new MachineSpec { Name = "block-read-only", Disks = [disk.File], WriteProtected = true });
        Assert.Equal(("active", "degraded", "none"), (settled.Boots, settled.Verdict, settled.CountedBy));
        string[] inoperative = [.. settled.Problems.Where(problem =>
            problem.StartsWith("assessment inoperative: ", StringComparison.Ordinal))];
        Assert.Equal(2, inoperative.Length);
        Assert.Contains("the loader cannot write the boot counters", inoperative[0], StringComparison.Ordinal);
        Assert.EndsWith("Permission denied (EACCES)", inoperative[1], StringComparison.Ordinal);
    }

    private static byte[] Garbage()
    {
        byte[] bytes = new byte[1024];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}
