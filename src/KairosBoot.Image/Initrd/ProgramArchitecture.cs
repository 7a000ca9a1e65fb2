using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The programs of KairosBoot in a tree must be for the architecture of its kernel.</summary>
internal static class ProgramArchitecture
{
    // Programs that a tree may have, and how to replace them.
    private static readonly string[] Programs = ["/usr/bin/kboot", "/usr/lib/kairosboot/kairos-boot"];

    /// <param name="root">The tree.</param>
    /// <param name="machine">Architecture of its kernel; null: not known.</param>
    internal static IEnumerable<TreeFinding> Problems(string root, string? machine)
    {
        if (machine is null) yield break;
        foreach (var path in Programs)
        {
            var own = ProcessorArchitecture.OfProgram(UntrustedTree.Head(root, path, ProcessorArchitecture.HeadBytes));
            if (own is null || own == machine) continue;
            yield return new($"{path} is for {own}, but {BootKernel.Path} is for {machine}",
                Architecture.Find(machine) is { } wanted
                    ? $"{ShippedProgram.HowToGet(PathParts.NamesOf(path).Last(), wanted)}, and copy it to ROOT{path}"
                    : "build the tree for one architecture", FindingKind.Error);
        }
    }

    /// <summary>The kboot for a tree: this one, or the one that was built with it for the tree's architecture.</summary>
    /// <param name="own">Path of this kboot.</param>
    /// <param name="machine">Architecture of the tree's kernel; null: not known.</param>
    /// <exception cref="OperatorException">There is none; the message names the wanted file.</exception>
    internal static string Choose(string own, string? machine)
    {
        if (machine is null || ShippedProgram.MachineOf(own) is not { } built || built == machine) return own;
        var name = PathParts.NamesOf(own).Last();
        return ShippedProgram.Places(name, Architecture.Find(machine)).FirstOrDefault(path => ShippedProgram.MachineOf(path) == machine)
            ?? throw new OperatorException($"the tree is for {machine} and needs a kboot, but this kboot is for {built}",
                Architecture.Find(machine) is { } wanted ? ShippedProgram.HowToGet(name, wanted) : $"copy a kboot for {machine} to ROOT" +
                Programs[0]);
    }
}
