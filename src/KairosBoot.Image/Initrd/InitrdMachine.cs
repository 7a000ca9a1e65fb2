using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The architecture of an initrd must be that of the kernel: otherwise the kernel panics because it cannot run /init.</summary>
internal static class InitrdMachine
{
    /// <param name="init">Architecture of the initrd's /init; null: a script, or not known.</param>
    /// <param name="other">Architecture of the kernel or of one of its modules; null: not known.</param>
    /// <param name="place">The file with the other architecture.</param>
    /// <exception cref="OperatorException">They differ.</exception>
    internal static void Require(string? init, string? other, string place)
    {
        if (init is null || other is null || init == other) return;
        throw new OperatorException($"kairos-boot (the initrd's init) is for {init}, but {ToolText.Show(place)} is for {other}",
            $"give --init the kairos-boot of the same version that is built for {other}");
    }

    /// <summary>Architecture of a kernel, which may be in one of several places; null: none of the files exists and says it.</summary>
    internal static string? OfTree(string root, KernelTree kernel) =>
        kernel.ImagePaths.Append(BootKernel.Path).Select(path => Architecture.MachineOfKernel(root, path))
            .FirstOrDefault(machine => machine is not null);
}
