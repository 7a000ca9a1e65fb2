namespace KairosBoot.Linux;

/// <summary>Splits the options of mount(8) for mount(2): flags, and the rest for the file system.</summary>
public readonly record struct MountOptions(MountFlags Flags, string Data)
{
    private static readonly (string Name, MountFlags Flag)[] FlagNames =
    [
        ("ro", MountFlags.ReadOnly), ("nosuid", MountFlags.NoSuid), ("nodev", MountFlags.NoDev), ("noexec", MountFlags.NoExec),
        ("sync", MountFlags.Synchronous), ("dirsync", MountFlags.DirSync), ("noatime", MountFlags.NoAtime),
        ("nodiratime", MountFlags.NoDirAtime), ("relatime", MountFlags.RelAtime), ("strictatime", MountFlags.StrictAtime),
        ("bind", MountFlags.Bind), ("rw", MountFlags.None), ("defaults", MountFlags.None),
    ];

    public static MountOptions Parse(string options)
    {
        var flags = MountFlags.None;
        var data = new List<string>();
        foreach (var option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var row = Array.FindIndex(FlagNames, known => known.Name == option);
            if (row >= 0) flags |= FlagNames[row].Flag;
            else data.Add(option);
        }
        return new(flags, string.Join(',', data));
    }
}
