using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>kairos-boot, the initrd's /init: next to this program, in the tree the initrd is for, or installed on the build host.</summary>
public static class InitProgram
{
    private const string Name = "kairos-boot", Installed = "usr/lib/kairosboot/" + Name;

    private static string Own => Path.Combine(AppContext.BaseDirectory, Name);

    /// <summary>Its content.</summary>
    /// <param name="path">Where it is; null: it is looked for.</param>
    /// <param name="root">The tree the initrd is for.</param>
    /// <exception cref="OperatorException">It is nowhere, or not a program.</exception>
    internal static byte[] Read(string? path, string root)
    {
        var content = path is not null
            ? BoundedFile.TryRead(path, ReadLimit.InitProgram) ?? throw new OperatorException($"{path} does not exist", "give --init the path of kairos-boot")
            : Find(root);
        return content.AsSpan().StartsWith("\u007fELF"u8) || content.AsSpan().StartsWith("#!"u8)
            ? content
            : throw new OperatorException($"{path ?? Name} is not a program", "give --init the kairos-boot of the same version as this kboot");
    }

    /// <exception cref="OperatorException">It is nowhere.</exception>
    internal static void Require(string root)
    {
        if (!File.Exists(Own) && UntrustedTree.TryStat(root, Installed)?.Type != FileType.Regular && !File.Exists("/" + Installed))
            throw Missing(root);
    }

    private static byte[] Find(string root) =>
        BoundedFile.TryRead(Own, ReadLimit.InitProgram) ?? UntrustedTree.TryRead(root, Installed, ReadLimit.InitProgram)
        ?? BoundedFile.TryRead("/" + Installed, ReadLimit.InitProgram) ?? throw Missing(root);

    private static OperatorException Missing(string root) => new(
        $"kairos-boot (the initrd's init) not found: looked at {Own}, {Path.Combine(root, Installed)}, /{Installed}", "give its path with --init FILE");
}
