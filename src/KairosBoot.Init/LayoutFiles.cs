using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The layout files that cloud-configs wrote under /run/cos.</summary>
internal static class LayoutFiles
{
    public static Layout Read(BootRequest request, BootRecord record)
    {
        var layout = LayoutReader.Read(request, TryRead(SystemPaths.Layout, record), TryRead(SystemPaths.ExtraLayout, record),
            TryRead(SystemPaths.CustomLayout, record));
        foreach (var problem in layout.Problems) record.Note(StepClass.Degraded, "layout: " + problem);
        return layout;
    }

    // A config may have made a FIFO or a link of it: then it counts as missing.
    private static string? TryRead(string path, BootRecord record)
    {
        try { return BoundedFile.TryReadText(path, ReadLimit.SystemFile); }
        catch (SyscallException e) { record.Note(StepClass.Degraded, $"layout: {e.Message}; the file is not used"); }
        catch (OperatorException e) { record.Note(StepClass.Degraded, $"layout: {e.Problem}; the file is not used"); }
        return null;
    }
}
