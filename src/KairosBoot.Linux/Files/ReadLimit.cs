namespace KairosBoot.Linux;

/// <summary>How much is read of a file that somebody else can write. This is the one table of such limits.</summary>
/// <param name="Bytes">More than this is an error.</param>
/// <param name="What">The kind of file, for that error.</param>
public readonly record struct ReadLimit(long Bytes, string What)
{
    private const long KiB = 1024, MiB = 1024 * KiB;

    public static ReadLimit MachineId => new(64, "a machine id");
    public static ReadLimit AuthorizedKeys => new(1 * MiB, "authorized_keys");
    public static ReadLimit UserData => new(4 * MiB, "user-data");
    public static ReadLimit UserDataMark => new(4 * KiB, "the mark of user-data");
    public static ReadLimit Config => new(16 * MiB, "a config");
    public static ReadLimit StageConfigs => new(64 * MiB, "all configs of a stage together");
    public static ReadLimit Manifest => new(256 * MiB, "the manifest of the persistent paths");
    /// <summary>Of an image a part is read at a time, so any size will do.</summary>
    public static ReadLimit Image => new(long.MaxValue, "an image");
    /// <summary>Account files, env files, os-release: what programs read at every login or start.</summary>
    /// <summary>What depmod(8) writes; modules.alias of a distribution's kernel has about 1.5 MiB.</summary>
    public static ReadLimit ModuleIndex => new(64 * MiB, "an index of kernel modules");
    /// <summary>Packed and unpacked; the largest ones with symbols have about 100 MiB.</summary>
    public static ReadLimit KernelModule => new(256 * MiB, "a kernel module");
    public static ReadLimit InitProgram => new(256 * MiB, "the initrd's init");
    /// <summary>Packed and unpacked; an array of .NET ends at 2 GiB.</summary>
    public static ReadLimit Initrd => new(1024 * MiB, "an initrd");
    public static ReadLimit KernelArguments => new(64 * KiB, "a file of kernel arguments");
    public static ReadLimit SystemFile => new(16 * MiB, "a file of the system");
}
