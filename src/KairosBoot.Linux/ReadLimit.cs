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
    /// <summary>Account files, env files, os-release: what programs read at every login or start.</summary>
    public static ReadLimit SystemFile => new(16 * MiB, "a file of the system");
}
