using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Finds kairos-boot, the initrd's /init: next to this program, in the tree, or installed on the build host.</summary>
public static class InitProgram
{
    private const string Name = "kairos-boot", Installed = "usr/lib/kairosboot/" + Name,
        SameVersion = "give --init the kairos-boot of the same version as this kboot";

    /// <summary>Reads the program.</summary>
    /// <param name="path">Its path; null: search for it.</param>
    /// <param name="root">The tree that the initrd is for.</param>
    /// <param name="machine">The tree's architecture in uname's words; null: not known.</param>
    /// <exception cref="OperatorException">It does not exist, or is not a program.</exception>
    internal static byte[] Read(string? path, string root, string? machine)
    {
        var content = path is not null
            ? BoundedFile.TryRead(path, ReadLimit.InitProgram) ?? throw new OperatorException($"{path} does not exist",
                "give --init the path of kairos-boot")
            : Find(root, machine).Content;
        if (!content.AsSpan().StartsWith("\u007fELF"u8) && !content.AsSpan().StartsWith("#!"u8))
            throw new OperatorException($"{path ?? Name} is not a program", SameVersion);
        return InitrdFormat.Problem(content) is { } old ? throw new OperatorException($"{path ?? Name} is too old: {old}", SameVersion)
            : content;
    }

    /// <param name="root">As for <see cref="Read"/>.</param>
    /// <param name="machine">As for <see cref="Read"/>.</param>
    /// <exception cref="OperatorException">It does not exist.</exception>
    internal static void Require(string root, string? machine) => Find(root, machine);

    // The first one of the wanted architecture. A script, for a test, has none.
    private static (string Place, byte[] Content) Find(string root, string? machine)
    {
        var others = new List<string>();
        foreach (var (place, read) in Candidates(root, Architecture.Find(machine)))
        {
            if (read() is not { } content)
                others.Add(place);
            else if (machine is null || ProcessorArchitecture.OfProgram(content) is not { } own || own == machine)
                return (place, content);
            else
                others.Add($"{place} (is for {own})");
        }

        throw new OperatorException(
            $"kairos-boot{(machine is null ? "" : $" for {machine}")} (the initrd's init) not found: looked at {string.Join(", ", others)}",
            Architecture.Find(machine) is { } wanted ? $"{ShippedProgram.HowToGet(Name, wanted)}, or give its path with --init FILE"
                : "give its path with --init FILE");
    }

    private static IEnumerable<(string Place, Func<byte[]?> Read)> Candidates(string root, Architecture? architecture)
    {
        foreach (var path in ShippedProgram.Places(Name, architecture))
            yield return (path, () => BoundedFile.TryRead(path, ReadLimit.InitProgram));
        yield return (Path.Combine(root, Installed), () => UntrustedTree.TryRead(root, Installed, ReadLimit.InitProgram));
        yield return ("/" + Installed, () => BoundedFile.TryRead("/" + Installed, ReadLimit.InitProgram));
    }
}
