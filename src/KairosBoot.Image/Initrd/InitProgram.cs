using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Finds kairos-boot, the initrd's /init: next to this program, in the tree, or installed on the build host.</summary>
public static class InitProgram
{
    private const string Name = "kairos-boot", Installed = "usr/lib/kairosboot/" + Name,
        SameVersion = "give --init the kairos-boot of the same version as this kboot";

    private static string Own => Path.Combine(AppContext.BaseDirectory, Name);

    /// <summary>Reads the program.</summary>
    /// <param name="path">Its path; null: search for it.</param>
    /// <param name="root">The tree that the initrd is for.</param>
    /// <exception cref="OperatorException">It does not exist, or is not a program.</exception>
    internal static byte[] Read(string? path, string root)
    {
        var content = path is not null
            ? BoundedFile.TryRead(path, ReadLimit.InitProgram) ?? throw new OperatorException($"{path} does not exist",
                "give --init the path of kairos-boot")
            : Find(root);
        if (!content.AsSpan().StartsWith("\u007fELF"u8) && !content.AsSpan().StartsWith("#!"u8))
            throw new OperatorException($"{path ?? Name} is not a program", SameVersion);
        return InitrdFormat.Problem(content) is { } old ? throw new OperatorException($"{path ?? Name} is too old: {old}", SameVersion)
            : content;
    }

    /// <exception cref="OperatorException">It does not exist.</exception>
    internal static void Require(string root)
    {
        if (!File.Exists(Own) && UntrustedTree.TryStat(root, Installed)?.Type != FileType.Regular && !File.Exists("/" + Installed))
            throw Missing(root);
    }

    private static byte[] Find(string root) =>
        BoundedFile.TryRead(Own, ReadLimit.InitProgram) ?? UntrustedTree.TryRead(root, Installed, ReadLimit.InitProgram)
        ?? BoundedFile.TryRead("/" + Installed, ReadLimit.InitProgram) ?? throw Missing(root);

    private static OperatorException Missing(string root) => new(
        $"kairos-boot (the initrd's init) not found: looked at {Own}, {Path.Combine(root, Installed)}, /{Installed}",
        "give its path with --init FILE");
}
