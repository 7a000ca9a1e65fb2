using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Makes a bootable raw disk: every tool works on the file itself, so neither root nor loop devices are needed.</summary>
public static class DiskBuilder
{
    private const int MostCloudConfigs = 100;

    // What GRUB 2.06 reads. Spelt out, as the defaults in mke2fs.conf differ between hosts.
    internal const string Features =
        "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

    /// <exception cref="OperatorException">An image that cannot be booted, a disk too small, a tool that is missing.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="interrupt"/> came; nothing is left behind.</exception>
    public static DiskLayout Build(DiskRequest request, string output, CancellationToken interrupt = default)
    {
        var recovery = request.Recovery ?? request.Image;
        BootableImage.Check(request.Image, interrupt);
        var recoveryName = BootableImage.Check(recovery, interrupt) == "squashfs" ? "recovery.squashfs" : "recovery.img";
        if (request.CloudConfigs.Count > MostCloudConfigs)
        {
            throw new OperatorException($"{request.CloudConfigs.Count} cloud-configs, and there are names for {MostCloudConfigs}", "join some of them");
        }

        var layout = DiskLayout.Plan(Size(request.Image), Size(recovery), request.SizeBytes);
        var menu = GrubMenu.Text(layout.Recovery.Number, request.KernelArguments);
        AtomicFile.Write(output, disk =>
        {
            using var scratch = new TemporaryDirectory(beside: output, interrupt);
            MakePartitions(disk, layout, interrupt);
            InstallGrub(disk, layout, scratch);

            var cloudConfigs = new DebugFsScript();
            foreach (var (index, document) in request.CloudConfigs.Index())
            {
                cloudConfigs.Write(document, CloudConfigName(index), mode: 0b110_000_000);
            }

            MakeExt4(disk, layout.Oem, cloudConfigs, scratch);
            MakeExt4(disk, layout.Recovery, new DebugFsScript().MakeDirectory("cOS").Write(recovery, $"cOS/{recoveryName}"), scratch);

            var grubMenu = scratch.File("grub.cfg");
            File.WriteAllText(grubMenu, menu);
            var counters = scratch.File("bootstate");
            File.WriteAllBytes(counters, BootBlock.Write(new BootCounters()));
            var state = new DebugFsScript().MakeDirectory("cOS").Write(request.Image, "cOS/active.img").Write(request.Image, "cOS/passive.img")
                .MakeDirectory("grub").Write(grubMenu, "grub/grub.cfg").Write(counters, SystemPaths.BootState.TrimStart('/'));
            MakeExt4(disk, layout.State, state, scratch);
            MakeExt4(disk, layout.Persistent, new DebugFsScript(), scratch);
        });
        return layout;
    }

    /// <summary>The first is where Kairos' installer puts its own, and the order of the names is that of the files.</summary>
    private static string CloudConfigName(int index) => index < 10 ? $"{90 + index}_custom.yaml" : $"99_custom_{index}.yaml";

    /// <summary>Of what a link leads to: its own length is that of a path.</summary>
    private static long Size(string image) =>
        new FileInfo(File.ResolveLinkTarget(image, returnFinalTarget: true)?.FullName ?? image).Length;

    // sgdisk gives random GUIDs: two disks alike in one machine could not be told apart.
    private static void MakePartitions(string disk, DiskLayout layout, CancellationToken interrupt)
    {
        using (var file = new FileStream(disk, FileMode.CreateNew))
        {
            file.SetLength(layout.Size);
        }

        List<string> arguments = ["--clear", "--set-alignment=1"];
        foreach (var partition in layout.Partitions)
        {
            var first = partition.Start / GrubBootSectors.SectorSize;
            var last = first + partition.Size / GrubBootSectors.SectorSize - 1;
            var number = partition.Number;
            arguments.AddRange([$"--new={number}:{first}:{last}", $"--change-name={number}:{partition.Name}", $"--typecode={number}:{partition.TypeCode}"]);
        }

        Tool.Gdisk.Run([.. arguments, disk], interrupt);
    }

    private static void InstallGrub(string disk, DiskLayout layout, TemporaryDirectory scratch)
    {
        var efi = GrubCore.Build(GrubCore.EfiTarget, layout.State.Number, scratch);
        var bios = GrubCore.Build(GrubCore.BiosTarget, layout.State.Number, scratch);

        var esp = $"{disk}@@{layout.Esp.Start}";
        var sectors = layout.Esp.Size / GrubBootSectors.SectorSize;
        var serial = new byte[4];
        Syscall.GetRandom(serial); // the library's generator needs libssl, which a static program has not
        Tool.MakeFat.Run(
            ["-i", esp, "-F", "-c", "1", "-h", "255", "-s", "63", "-T", $"{sectors}", "-v", layout.Esp.Name, "-N", Convert.ToHexString(serial), "::"],
            scratch.Interrupt);
        Tool.MakeFatDirectory.Run(["-i", esp, "::/EFI", "::/EFI/BOOT"], scratch.Interrupt);
        Tool.CopyToFat.Run(["-i", esp, efi, "::/EFI/BOOT/BOOTX64.EFI"], scratch.Interrupt);

        using var file = new FileStream(disk, FileMode.Open, FileAccess.ReadWrite);
        var first = new byte[GrubBootSectors.SectorSize];
        file.ReadExactly(first);
        var coreSector = layout.Bios.Start / GrubBootSectors.SectorSize;
        file.Position = 0;
        file.Write(GrubBootSectors.MasterBootRecord(first, GrubCore.ReadBootSector(), coreSector));
        var core = GrubBootSectors.Core(File.ReadAllBytes(bios), coreSector);
        if (core.Length > layout.Bios.Size)
        {
            throw new OperatorException($"this GRUB's core image ({ByteSize.Text(core.Length)}) does not fit into the BIOS boot partition", "use GRUB 2.06 or 2.12");
        }

        file.Position = layout.Bios.Start;
        file.Write(core);
    }

    private static void MakeExt4(string disk, DiskPartition partition, DebugFsScript content, TemporaryDirectory scratch)
    {
        // Nothing is zeroed: the file is new. The kernel sets the inode tables up when the file system is first mounted for writing.
        Tool.MakeExt4.Run(
        [
            "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-L", partition.Name, "-O", Features,
            "-E", $"offset={partition.Start},nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", disk, $"{partition.Size / 1024}k",
        ], scratch.Interrupt);
        content.Run($"{disk}?offset={partition.Start}", scratch, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }
}
