using System.Collections.Immutable;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Describes the devices that were found instead of a missing one.</summary>
internal static class MissingDevices
{
    private const int MaxHardware = 12;

    /// <summary>The use of the missing partition.</summary>
    public static string Purpose(BootRequest request) =>
        $"it holds the {request.Slot.Name()} image {request.ImagePath}" +
        (request.LoadedFrom is { } loader ? $", on the disk of {loader}, which the loader named" : "");

    /// <summary>Every block device that was found, and why others may be missing.</summary>
    public static string Seen(ImmutableArray<BlockDevice> devices, IReadOnlyList<string> moduleProblems, List<string> unmatched)
    {
        var text = new StringBuilder(devices.IsEmpty ? "no block device was seen" : "block devices seen:");
        foreach (var device in devices) text.Append("\n  ").Append(device);
        foreach (var problem in moduleProblems) text.Append("\nmodule: ").Append(problem);
        var shown = 0;
        foreach (var modalias in unmatched)
            if (LooksLikeStorage(modalias) && shown++ < MaxHardware) text.Append("\nno driver in the initrd for ").Append(modalias);
        return text.ToString();
    }

    // PCI class 01 is mass storage, USB interface class 08 too; virtio 2 is a disk and 8 a SCSI host.
    private static bool LooksLikeStorage(string modalias) =>
        modalias.StartsWith("pci:", StringComparison.Ordinal) && modalias.Contains("bc01", StringComparison.Ordinal) ||
        modalias.StartsWith("usb:", StringComparison.Ordinal) && modalias.Contains("ic08", StringComparison.Ordinal) ||
        modalias.StartsWith("virtio:d00000002", StringComparison.Ordinal)
            || modalias.StartsWith("virtio:d00000008", StringComparison.Ordinal);
}
