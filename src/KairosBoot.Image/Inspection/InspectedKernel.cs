using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The kernel that the boot loader starts from an image.</summary>
/// <param name="Path">The file that <c>/boot/vmlinuz</c> leads to, without a leading slash.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Release">As uname(2) shows it; null: neither header nor name has it.</param>
/// <param name="Format">Its format in words; null: not known.</param>
/// <param name="Machine">Its architecture; null: not known.</param>
/// <param name="Defect">Why it cannot be started, as the end of a sentence; null: it can.</param>
public sealed record InspectedKernel(string Path, long SizeBytes, string? Release, string? Format, string? Machine, string? Defect)
{
    /// <summary>Null: the image has none.</summary>
    internal static InspectedKernel? Find(ImageReader reader)
    {
        if (reader.Resolve(BootKernel.Path) is not { } path || reader.Read(path, ReadLimit.Kernel) is not { } file) return null;
        var head = file.AsSpan(0, Math.Min(file.Length, KernelImage.HeadBytes));
        return new(path, file.Length, KernelImage.Release(head) ?? BootKernel.NameRelease(path), KernelImage.Format(head),
            Architecture.MachineOfKernel(head), KernelImage.Defect(head, file.Length));
    }
}
