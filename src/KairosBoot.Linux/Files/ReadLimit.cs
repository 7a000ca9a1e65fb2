namespace KairosBoot.Linux;

/// <summary>Size limits of files that another user can write. All such limits are in this table.</summary>
/// <param name="Bytes">A larger file is an error.</param>
/// <param name="What">The kind of file, for the message.</param>
public readonly record struct ReadLimit(long Bytes, string What)
{
    private const long KiB = 1024, MiB = 1024 * KiB;

    public static ReadLimit MachineId => new(64, "a machine id");
    public static ReadLimit AuthorizedKeys => new(1 * MiB, "authorized_keys");
    public static ReadLimit UserData => new(4 * MiB, "user-data");
    public static ReadLimit UserDataMark => new(4 * KiB, "the mark of user-data");
    public static ReadLimit AccountIds => new(4 * MiB, "the register of account ids");
    public static ReadLimit Config => new(16 * MiB, "a config");
    public static ReadLimit StageConfigs => new(64 * MiB, "all configs of a stage together");
    public static ReadLimit Manifest => new(256 * MiB, "the manifest of the persistent paths");
    /// <summary>An image is read in parts, so any size is allowed.</summary>
    public static ReadLimit Image => new(long.MaxValue, "an image");
    /// <summary>Output of depmod(8); modules.alias of a distribution's kernel has about 1.5 MiB.</summary>
    public static ReadLimit ModuleIndex => new(64 * MiB, "an index of kernel modules");
    /// <summary>Compressed and uncompressed; the largest ones with symbols have about 100 MiB.</summary>
    public static ReadLimit KernelModule => new(256 * MiB, "a kernel module");
    public static ReadLimit InitProgram => new(256 * MiB, "the initrd's init");
    /// <summary>Compressed and uncompressed; an array of .NET has less than 2 GiB.</summary>
    public static ReadLimit Initrd => new(1024 * MiB, "an initrd");
    /// <summary>A distribution's has 300 KiB.</summary>
    public static ReadLimit KernelConfig => new(4 * MiB, "the configuration of a kernel");
    public static ReadLimit Kernel => new(256 * MiB, "a kernel");
    public static ReadLimit KernelArguments => new(64 * KiB, "a file of kernel arguments");
    /// <summary>A unit or a script. A larger file is a program or data.</summary>
    public static ReadLimit SystemText => new(256 * KiB, "a unit or a script");
    public static ReadLimit SystemFile => new(16 * MiB, "a file of the system");
}
