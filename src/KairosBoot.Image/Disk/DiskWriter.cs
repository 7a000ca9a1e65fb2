using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Fills a disk. Before: anything. After: a disk that boots. In between nothing that firmware would start or a kernel would find partitions on: what was
/// there is gone first, and the block that has anybody believe the new table is the last one written.
/// </summary>
/// <param name="disk">Where to.</param>
/// <param name="content">What.</param>
/// <param name="seed">What its GUIDs follow from.</param>
/// <param name="seconds">The time its files get, since 1970.</param>
/// <param name="scratch">For files on the way.</param>
/// <param name="progress">Gets what is being written.</param>
internal sealed class DiskWriter(DiskTarget disk, DiskContent content, DiskSeed seed, long seconds, TemporaryDirectory scratch, Action<string> progress)
{
    // What GRUB 2.06 reads. Spelt out, as the defaults in mke2fs.conf differ between hosts.
    internal const string Features =
        "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

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
        foreach (var partition in layout.Extra.Where(partition => partition.FileSystem != "none"))
            MakeExt4(partition, new DebugFsScript());
        MakeExt4(layout.Persistent, new DebugFsScript());
        progress("waiting for the disk");
        disk.Flush();
        scratch.Interrupt.ThrowIfCancellationRequested();
        DiskTable.Write(disk, layout, seed, content.Grub.BootSector);
    }

    private void InstallGrub(DiskLayout layout)
    {
        disk.Write(layout.Esp.Start, FatVolume.Create(
            layout.Esp.Name, ["EFI", "BOOT", "BOOTX64 EFI"], content.Grub.EfiProgram, layout.Esp.Size, disk.BlockSize, layout.Esp.Start, seed.FatSerial(layout.Esp.Number)));
        var core = GrubBootSectors.Core(content.Grub.BiosCore, layout.Bios.Start / GrubBootSectors.SectorSize);
        if (core.Length > layout.Bios.Size)
            throw new OperatorException($"this GRUB's core image ({ByteSize.Text(core.Length)}) does not fit into the BIOS boot partition", "use GRUB 2.06 or 2.12");
        disk.Write(layout.Bios.Start, core);
    }

    private void MakeExt4(DiskPartition partition, DebugFsScript files)
    {
        progress(partition.Name);

        // The kernel sets inode tables up when the file system is first mounted for writing. A journal is only good as it is where all was zeros:
        // what an old one left there must not be replayed.
        var time = $"{seconds}";
        Tool.MakeExt4.Run(
            new ToolArguments().Options("-q", "-F").Option("-t", partition.FileSystem).Options("-b", "4096", "-m", "0").Option("-L", VolumeLabel.Parse(partition.Name).Text)
                .Options("-U", $"{seed.FileSystem(partition.Number)}").Options(partition.FileSystem == "ext4" ? ["-O", Features] : [])
                .Options("-E", $"hash_seed={seed.DirectoryHash(partition.Number)},offset={partition.Start},nodiscard,lazy_itable_init=1," +
                    $"lazy_journal_init={(disk.IsBlank ? 1 : 0)},root_owner=0:0")
                .Path(disk.Path).Options($"{partition.Size / 1024}k"), scratch.Interrupt, ("E2FSPROGS_FAKE_TIME", time), ("SOURCE_DATE_EPOCH", time));
        files.Run($"{disk.Path}?offset={partition.Start}", scratch, seconds);
    }
}
