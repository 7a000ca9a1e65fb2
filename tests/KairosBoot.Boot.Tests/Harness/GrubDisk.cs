using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A disk made by kboot disk build of a busybox image with a kernel, an initrd and kboot:
/// <code>| BIOS boot | COS_GRUB | COS_OEM | COS_RECOVERY: recovery.img | COS_STATE: active.img passive.img bootstate | COS_PERSISTENT
/// |</code>
/// </summary>
public sealed class GrubDisk : IDisposable
{
    public const int Persistent = 6;

    private const int Esp = 2, Oem = 3, State = 5;

    // mksquashfs loads the last one by name when a thread ends; ldd does not list it.
    private static readonly string[] FileSystemTools = ["/usr/sbin/mke2fs", "/usr/sbin/debugfs", "/usr/bin/mksquashfs",
        "/lib/x86_64-linux-gnu/libgcc_s.so.1"];
    private static readonly ConcurrentDictionary<Kind, Lazy<byte[]>> Images = new();
    private static readonly Lazy<string> ZstdInitrd = new(() =>
    {
        string file = Path.Combine(Assets.Out, "zstd-initrd.img");
        Tool.Run(Assets.KBoot, ["initrd", "build", "--root", Assets.KernelRoot, "--modules", "virtio", "--compress", "zstd",
            "--init", Assets.KairosBoot, "--output", file]);
        return file;
    });

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kairosboot-grub-disk-");
    private readonly Kind _kind;
    private int _files;

    /// <summary>Content of a disk.</summary>
    internal sealed record Kind
    {
        /// <summary>A script that replaces its init.</summary>
        public string? Init { get; init; }

        /// <summary>Kernel arguments of every boot.</summary>
        public string KernelArguments { get; init; } = "";

        /// <summary>A cloud-config for COS_OEM.</summary>
        public string? CloudConfig { get; init; }

        /// <summary>The generic kernel, which has drivers for real hardware, one of them for the watchdog.</summary>
        public bool GenericKernel { get; init; }

        /// <summary>The initrd with all drivers.</summary>
        public bool AllDrivers { get; init; }

        /// <summary>Bytes of a sector. The other members for places on the disk need 512.</summary>
        public int SectorSize { get; init; } = 512;

        /// <summary>The image has mke2fs, debugfs and mksquashfs, and their libraries.</summary>
        public bool FileSystemTools { get; init; }

        /// <summary>In recovery, its init does a requested reset, as the service of kboot image build does.</summary>
        public bool RequestedResets { get; init; }

        /// <summary>The image is for arm64. The kboot of this machine builds it and the disk.</summary>
        public bool Arm64 { get; init; }

        /// <summary>The image has the initrd and the kboot of an earlier commit, and that kboot makes the disk.</summary>
        public bool Earlier { get; init; }

        /// <summary>The initrd is compressed with zstd, which kboot of earlier commits reads.</summary>
        public bool Zstd { get; init; }

        public string KBoot => Earlier ? Assets.EarlierKBoot : Assets.KBoot;

        public string Initrd =>
            Arm64 ? Assets.Arm64Initrd
            : Earlier ? Assets.EarlierVirtioInitrd : Zstd ? ZstdInitrd.Value : GenericKernel && AllDrivers ? Assets.GenericDriversInitrd
            : GenericKernel ? Assets.GenericInitrd : AllDrivers ? Assets.Initrd : Assets.VirtioInitrd;
    }

    /// <param name="init">A script that replaces its init.</param>
    public GrubDisk(string? init = null) : this(new Kind { Init = init })
    {
    }

    internal GrubDisk(Kind kind)
    {
        _kind = kind;
        string image = FileWith(Content());
        Tool.Run(kind.KBoot, ["disk", "build", "--image", image, "--append", kind.KernelArguments, "--output", File, .. Config(kind),
            .. kind.SectorSize == 512 ? (string[])[] : ["--sector-size", $"{kind.SectorSize}"]]);
        global::System.IO.File.Delete(image);
        if (kind.SectorSize != 512) return;
        StateStart = Sectors(State, "First sector: ") * 512;
        OemStart = Sectors(Oem, "First sector: ") * 512;
        StateSize = Sectors(State, "Partition size: ") * 512;
    }

    /// <summary>Start of COS_STATE in bytes.</summary>
    public long StateStart { get; }

    public long StateSize { get; }

    /// <summary>Start of COS_OEM in bytes.</summary>
    public long OemStart { get; }

    public string File => At("disk.raw");

    /// <summary>The initrd in the image.</summary>
    public string Initrd => _kind.Initrd;

    /// <summary>A copy of the image, for a test to damage.</summary>
    public byte[] Content() =>
        [.. Images.GetOrAdd(_kind with { KernelArguments = "", CloudConfig = null }, kind => new(() => Image(kind))).Value];

    /// <summary>The image with another init.</summary>
    public byte[] ChangedInit(string init) => Image(_kind with { Init = init });

    /// <summary>The image after debugfs requests.</summary>
    public byte[] Changed(params string[] requests)
    {
        string image = FileWith(Content());
        Tool.Run("debugfs", "-w", "-f", FileWith(string.Join('\n', requests) + "\n"), image);
        return global::System.IO.File.ReadAllBytes(image);
    }

    /// <summary>Writes a file in the directory of the disk and returns its path.</summary>
    public string FileWith(string content) => FileWith(Encoding.UTF8.GetBytes(content));

    public string FileWith(byte[] content)
    {
        string path = At($"file{_files++}");
        global::System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Replaces a file on COS_STATE; null removes it.</summary>
    public void Replace(string path, byte[]? content)
    {
        List<string> requests = [$"rm {path}"];
        if (content is not null)
        {
            requests.Add($"cd {path[..path.LastIndexOf('/')]}/");
            requests.Add($"write {FileWith(content)} {path[(path.LastIndexOf('/') + 1)..]}");
        }
        OnState([.. requests]);
    }

    /// <summary>The text of a file on COS_STATE.</summary>
    public string Text(string path) => Tool.Run("debugfs", "-R", $"cat {path}", $"{File}?offset={StateStart}");

    /// <summary>Removes the file system of a partition.</summary>
    public void Wipe(int partition)
    {
        using FileStream file = global::System.IO.File.OpenWrite(File);
        file.Position = Sectors(partition, "First sector: ") * 512;
        file.Write(new byte[1 << 16]);
    }

    /// <summary>Changes COS_STATE with debugfs.</summary>
    public void OnState(params string[] requests) => OnPartition(State, requests);

    /// <summary>Changes the file system of a partition with debugfs.</summary>
    public void OnPartition(int partition, params string[] requests) =>
        Tool.Run("debugfs", "-w", "-f", FileWith(string.Join('\n', requests) + "\n"),
            $"{File}?offset={Sectors(partition, "First sector: ") * 512}");

    /// <summary>Copies the file system COS_STATE to a file; returns the path of the file.</summary>
    public string CopyState(string to)
    {
        Tool.Run("dd", $"if={File}", $"of={to}", "bs=1M", "conv=sparse", "iflag=skip_bytes,count_bytes", $"skip={StateStart}",
            $"count={StateSize}");
        return to;
    }

    /// <summary>Selects the writes to COS_STATE, with offsets in the partition, and all flushes.</summary>
    public IEnumerable<DiskWrite> WritesOfState(IEnumerable<DiskWrite> writes) =>
        from write in writes
        where write.Data.Length == 0 || (write.Offset >= StateStart && write.Offset < StateStart + StateSize)
        select write.Data.Length == 0 ? write : write with { Offset = write.Offset - StateStart };

    /// <summary>Overwrites COS_STATE with another file system.</summary>
    public void OverwriteState(string volume) =>
        Tool.Run("dd", $"if={volume}", $"of={File}", "bs=1M", "conv=notrunc", "oflag=seek_bytes", $"seek={StateStart}");

    /// <summary>Replaces the program that UEFI firmware starts.</summary>
    public void ReplaceUefiLoader(string program) =>
        Tool.Run("mcopy", "-o", "-i", $"{File}@@{Sectors(Esp, "First sector: ") * 512}", program, "::/EFI/BOOT/BOOTX64.EFI");

    /// <summary>A GRUB environment block with this content.</summary>
    public static byte[] Block(string content) => Encoding.ASCII.GetBytes(("# GRUB Environment Block\n" + content).PadRight(1024, '#'));

    public void Dispose() => _directory.Delete(recursive: true);

    private long Sectors(int partition, string what)
    {
        string line = Tool.Run("sgdisk", $"--info={partition}", File).Split('\n').Single(l => l.StartsWith(what, StringComparison.Ordinal));
        return long.Parse(line[what.Length..].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private string At(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Adds the kernel, the initrd, kboot and the other programs of a kind to a busybox tree.</summary>
    internal static void MakeBootable(string tree, Kind kind)
    {
        string kernel = kind.Arm64 ? Assets.Arm64Root : kind.GenericKernel ? Assets.GenericRoot : Assets.KernelRoot;
        string release = Path.GetFileName(Directory.GetDirectories(Path.Combine(kernel, "lib/modules")).Single());
        foreach (string directory in (string[])["boot", "usr/bin", "lib/modules/" + release])
            Directory.CreateDirectory(Path.Combine(tree, directory));
        global::System.IO.File.Copy(kind.Arm64 ? Assets.Arm64Kernel : kind.GenericKernel ? Assets.GenericKernel : Assets.Kernel,
            Path.Combine(tree, "boot/vmlinuz"));
        global::System.IO.File.Copy(kind.Initrd, Path.Combine(tree, "boot/initrd"));
        global::System.IO.File.Copy(kind.Arm64 ? Assets.Arm64KBoot : kind.KBoot, Path.Combine(tree, "usr/bin/kboot"));
        foreach (string program in kind.FileSystemTools ? FileSystemTools : [])
            BusyboxRoot.AddProgram(tree, program, program);
        AddReporter(tree);
        if (kind.RequestedResets)
        {
            global::System.IO.File.AppendAllText(Path.Combine(tree, "etc/inittab"),
                "::once:/bin/sh -c 'for mode in recovery autoreset; do [ ! -e /run/cos/${mode}_mode ] || kboot reset --requested; done' " +
                ">/dev/console 2>&1\n");
        }

        if (kind.Init is not null) BusyboxRoot.SetInit(tree, kind.Init);
    }

    // The system is healthy when its test says so: by this file, or with kboot assess good.
    private static void AddReporter(string tree)
    {
        string script = Path.Combine(tree, "etc/report-good");
        global::System.IO.File.WriteAllText(script,
            "#!/bin/sh\nwhile [ ! -e /run/healthy ]; do sleep 1; done\nexec kboot assess good\n");
        Tool.Run("chmod", "755", script);
        global::System.IO.File.AppendAllText(Path.Combine(tree, "etc/inittab"), "::once:/etc/report-good\n");
    }

    private string[] Config(Kind kind) => kind.CloudConfig is { } config ? ["--cloud-config", FileWith(config)] : [];

    private static byte[] Image(Kind kind) => kind.Arm64 ? UpgradeImages.Get("busybox", init: kind.Init, arm64: true)
        : BusyboxRoot.ImageWith("busybox", tree => MakeBootable(tree, kind), mebibytes: 48);
}
