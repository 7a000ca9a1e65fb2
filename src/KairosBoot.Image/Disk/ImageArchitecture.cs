using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The architecture of an image is that of its kernel.</summary>
internal static class ImageArchitecture
{
    /// <param name="reader">Reads the image.</param>
    /// <param name="image">Its path, for the message.</param>
    /// <exception cref="OperatorException">No disk can be made for its kernel.</exception>
    internal static Architecture Require(ImageReader reader, string image)
    {
        var machine = Machine(reader);
        return Architecture.Find(machine) ?? throw new OperatorException(
            $"{image} is for {machine ?? "an unknown architecture"} (by its {BootKernel.Path}), and kboot makes disks only for " +
            string.Join(" and ", Architecture.All.Select(known => known.Machine)), "build the image with another kernel");
    }

    /// <summary>Null: the image has no kernel, or none of a known architecture.</summary>
    internal static Architecture? Find(ImageReader reader) => Architecture.Find(Machine(reader));

    private static string? Machine(ImageReader reader) =>
        reader.Head(BootKernel.Path, KernelImage.HeadBytes, ReadLimit.Kernel) is { } head ? Architecture.MachineOfKernel(head) : null;
}
