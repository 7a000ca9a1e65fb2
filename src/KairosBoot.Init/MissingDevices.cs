using System.Collections.Immutable;
using System.Text;
using KairosBoot.Linux;
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
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="unfinished">What drivers are still starting; empty: nothing.</param>
    /// <param name="modules">What could not be loaded.</param>
    /// <param name="isMissing">A device is missing that an absent driver may hide.</param>
    public static string Seen(ImmutableArray<BlockDevice> devices, string unfinished, KernelModules modules, bool isMissing)
    {
        var text = new StringBuilder(devices.IsEmpty ? "no block device was seen" : "block devices seen:");
        foreach (var device in devices) text.Append("\n  ").Append(device);
        if (unfinished.Length > 0) text.Append('\n').Append(unfinished);
        foreach (var problem in modules.Problems) text.Append("\nmodule: ").Append(problem);
        if (!isMissing) return text.ToString();
        foreach (var name in modules.KeptOut) text.Append("\nmodprobe.blacklist keeps the driver ").Append(name).Append(" out");
        var shown = 0;
        foreach (var modalias in modules.UnmatchedHardware)
        {
            if (HardwareName.OfStorage(modalias) is { } hardware && shown++ < MaxHardware)
                text.Append("\nno driver in the initrd for ").Append(hardware);
        }

        return text.ToString();
    }
}
