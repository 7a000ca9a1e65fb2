using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The programs that are built with this kboot. initrd/build.sh puts those for another architecture into a directory with its name, next to
/// kboot or next to kboot's own such directory.
/// </summary>
internal static class ShippedProgram
{
    private static string Directory => AppContext.BaseDirectory;

    /// <summary>Where a program may be, the best place first.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="architecture">The wanted one; null: that of this kboot.</param>
    internal static IEnumerable<string> Places(string name, Architecture? architecture)
    {
        yield return Path.Combine(Directory, name);
        if (architecture is null) yield break;
        yield return Path.Combine(Directory, architecture.Name, name);
        yield return Path.GetFullPath(Path.Combine(Directory, "..", architecture.Name, name));
    }

    /// <summary>Its architecture in uname's words; null: the file does not exist or is no known program.</summary>
    internal static string? MachineOf(string path)
    {
        using var found = Syscall.TryOpen(path, OpenFlags.Path);
        if (found is null) return null;
        using var file = BoundedFile.Open(found, ReadLimit.InitProgram);
        var head = new byte[ProcessorArchitecture.HeadBytes];
        return ProcessorArchitecture.OfProgram(head.AsSpan(0, Syscall.PRead(file, head, 0)));
    }

    /// <summary>How to get the program for an architecture.</summary>
    internal static string HowToGet(string name, Architecture architecture) =>
        $"build {architecture.Name}/{name} with initrd/build.sh --arch {architecture.Name} of the sources of this kboot";
}
