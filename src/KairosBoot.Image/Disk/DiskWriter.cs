using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Writes a disk. Before: any content. After: a disk that boots. In between, firmware does not boot the disk, and the kernel finds no
/// partitions: the old
/// table is erased first, and the block that makes the new table valid is written last.
/// </summary>
/// <param name="disk">The disk to write.</param>
/// <param name="content">Its content.</param>
/// <param name="seed">Seed of its GUIDs.</param>
/// <param name="seconds">Timestamp of its files, in seconds since 1970.</param>
/// <param name="scratch">Takes temporary files.</param>
/// <param name="progress">Gets the name of what is being written.</param>
internal sealed class DiskWriter(DiskTarget disk, DiskContent content, DiskSeed seed, long seconds, TemporaryDirectory scratch,
    Action<string> progress)
{
    // The features that GRUB 2.06 can read. Listed here because the defaults in mke2fs.conf differ between hosts.
    internal const string Features =
        "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink," +
            "extra_isize,metadata_csum";

    internal void Write()
    {
        var layout = content.Layout;
        foreach (var partition in layout.Partitions)
            disk.ClearEnds(partition.Start, partition.Size);
        progress("GRUB");
        InstallGrub(layout);
        MakeExt4(layout.Oem, content.Oem());
        MakeExt4(layout.Recovery, content.Recovery());
        MakeExt4(layout.State, content.State(scratch));
        foreach (var partition in layout.Extra)
            MakeExtra(partition);
        MakeExt4(layout.Persistent, new DebugFsScript());
        progress("waiting for the disk");
        disk.Flush();
        scratch.Interrupt.ThrowIfCancellationRequested();
        DiskTable.Write(disk, layout, seed, content.Grub.Bios?.BootSector);
    }

    private void MakeExtra(DiskPartition partition)
    {
        switch (partition.FileSystem)
        {
            case "none": return;
            case "vfat": ExtraFileSystem.MakeFat(disk, partition, seed.FatSerial(partition.Number), scratch.Interrupt); return;
            case "xfs": ExtraFileSystem.MakeXfs(disk, partition, seed.FileSystem(partition.Number), scratch); return;
            default: MakeExt4(partition, new DebugFsScript()); return;
        }
    }

    private void InstallGrub(DiskLayout layout)
    {
        string[] path = ["EFI", "BOOT", FatVolume.ShortName(content.Architecture.EfiFile)];
        disk.Write(layout.Esp.Start, FatVolume.Create(layout.Esp.Name, path, content.Grub.EfiProgram, layout.Esp.Size, disk.BlockSize,
            layout.Esp.Start, seed.FatSerial(layout.Esp.Number)));
        if (content.Grub.Bios is not { } bios) return;
        var core = GrubBootSectors.Core(bios.Core, layout.Bios.Start / GrubBootSectors.SectorSize);
        if (core.Length > layout.Bios.Size)
        {
            throw new OperatorException($"this GRUB's core image ({ByteSize.Text(core.Length)}) does not fit into the BIOS boot partition",
                "use GRUB 2.06 or 2.12");
        }

        disk.Write(layout.Bios.Start, core);
    }

    private void MakeExt4(DiskPartition partition, DebugFsScript files)
    {
        progress(partition.Name);

        // The kernel initializes inode tables at the first writable mount. The journal may stay uninitialized only on a blank disk: the
        // remains of an
        // old journal must not be replayed.
        var time = $"{seconds}";
        Tool.MakeExt4.Run(
            new ToolArguments().Options("-q", "-F").Option("-t", partition.FileSystem).Options("-b", "4096", "-m", "0")
                .Option("-L", VolumeLabel.Parse(partition.Label).Text)
                .Options("-U", $"{seed.FileSystem(partition.Number)}").Options(partition.FileSystem == "ext4" ? ["-O", Features] : [])
                .Options("-E", $"hash_seed={seed.DirectoryHash(partition.Number)},offset={partition.Start},nodiscard,lazy_itable_init=1," +
                    $"lazy_journal_init={(disk.IsBlank ? 1 : 0)},root_owner=0:0")
                .Path(disk.Path).Options($"{partition.Size / 1024}k"), scratch.Interrupt, ("E2FSPROGS_FAKE_TIME", time),
                ("SOURCE_DATE_EPOCH", time));
        files.Run($"{disk.Path}?offset={partition.Start}", scratch, seconds);
    }
}
