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
    /// <param name="devices">All devices seen so far.</param>
    /// <param name="unfinished">What drivers are still starting; empty: nothing.</param>
    /// <param name="moduleProblems">Modules that could not be loaded.</param>
    /// <param name="unmatched">Modaliases of hardware without a driver; empty: no device is missing.</param>
    public static string Seen(ImmutableArray<BlockDevice> devices, string unfinished, IReadOnlyList<string> moduleProblems,
        List<string> unmatched)
    {
        var text = new StringBuilder(devices.IsEmpty ? "no block device was seen" : "block devices seen:");
        foreach (var device in devices) text.Append("\n  ").Append(device);
        if (unfinished.Length > 0) text.Append('\n').Append(unfinished);
        foreach (var problem in moduleProblems) text.Append("\nmodule: ").Append(problem);
        var shown = 0;
        foreach (var modalias in unmatched)
        {
            if (HardwareName.OfStorage(modalias) is { } hardware && shown++ < MaxHardware)
                text.Append("\nno driver in the initrd for ").Append(hardware);
        }

        return text.ToString();
    }
}
