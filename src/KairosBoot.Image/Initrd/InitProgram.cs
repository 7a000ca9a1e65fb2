using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Where kairos-boot, the initrd's /init, is on the build host.</summary>
public static class InitProgram
{
    private const string Name = "kairos-boot", Installed = "usr/lib/kairosboot";

    /// <param name="root">The tree the initrd is for.</param>
    /// <exception cref="OperatorException">Nowhere.</exception>
    public static string Find(string root)
    {
        string[] places =
        [
            Path.Combine(AppContext.BaseDirectory, Name),
            Path.Combine(root, Installed, Name),
            Path.Combine("/", Installed, Name),
        ];
        return Array.Find(places, File.Exists) ?? throw new OperatorException(
            $"kairos-boot, the initrd's init, is in none of {string.Join(", ", places)}", "give its path with --init FILE");
    }
}
