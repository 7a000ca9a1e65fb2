using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Marks on COS_STATE of images whose boots kairos-boot marks good when it starts init: one file for each image, named by its id. A mark
/// belongs to an image and not to a slot, so that a switch of the slots leaves it true at every instant.
/// </summary>
/// <param name="slotSwitch">Makes COS_STATE writable.</param>
/// <param name="state">Mount point of COS_STATE.</param>
internal sealed class UnassessedImages(SlotSwitch slotSwitch, string state)
{
    private readonly string directory = state + SystemPaths.UnassessedImages;

    /// <summary>
    /// Before the switch: gives the new image the mark, or removes one that an earlier upgrade to the same image gave it.
    /// </summary>
    internal void Set(string image, bool isUnassessed)
    {
        var path = directory + "/" + image;
        if (isUnassessed == Syscall.TryLStat(path) is not null) return;
        slotSwitch.Change(() =>
        {
            if (!isUnassessed)
            {
                Syscall.Unlink(path);
                return;
            }

            Syscall.MakeDirectories(directory);
            FileText.Write(path, "");
        });
    }

    /// <summary>After the switch: removes the marks of images that are in no slot.</summary>
    internal void Clean(IReadOnlyList<string> images)
    {
        if (Syscall.TryLStat(directory) is null) return;
        var unused = Syscall.ReadDirectory(directory).Where(name => !images.Contains(name)).ToList();
        if (unused.Count == 0) return;
        slotSwitch.Change(() =>
        {
            foreach (var name in unused) Syscall.Unlink(directory + "/" + name);
        });
    }
}
