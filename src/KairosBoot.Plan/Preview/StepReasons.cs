namespace KairosBoot.Plan;

/// <summary>Why a boot takes a step, as a short phrase.</summary>
/// <param name="request">What the kernel command line asks for.</param>
/// <param name="layout">The layout.</param>
public sealed class StepReasons(BootRequest request, Layout layout)
{
    private const string Persistent = "the layout makes it persistent";

    public string Of(Step step) => step switch
    {
        MountFileSystem mount => OfFileSystem(mount),
        KeepFile => "the next shutdown unmounts the image with it",
        MountImage image => image.ReadOnly ? "the root" : "the root, writable because of rd.immucore.debugrw",
        SetClock => "a machine without a battery starts in 1970",
        MountVolume volume => OfVolume(InRoot(volume.Target)),
        WriteFile => "tells cloud-configs which slot runs",
        SetMountOptions => $"the layout sets {PathOptions.Key}",
        MountOverlay overlay => overlay.Keeps ? Persistent : "the layout makes it writable until the next boot",
        SeedPersistent => "new stores start with the content of the image",
        BindPersistent => Persistent,
        CommitMachineId => "the same machine id in every slot",
        BindMount => "where kairos-agent looks in recovery",
        WriteLink => "where support scripts of Kairos look for logs",
        LinkExtensions => "system extensions of the slot",
        _ => throw new InvalidOperationException(step.Command),
    };

    private string OfFileSystem(MountFileSystem mount)
    {
        if (mount.Target == SystemPaths.State) return $"holds {request.ImagePath}";
        if (mount.Target == SystemPaths.Overlays) return "what the overlays hold: OVERLAY=" + layout.Overlay;
        if (MountPath.IsInside(mount.Target, SystemPaths.Overlays)) return "the layout sets OVERLAY_LIMITS";
        return MountPath.IsInside(mount.Target, SystemPaths.Sysroot) ? OfVolume(InRoot(mount.Target)) : "a file system of the kernel";
    }

    private string OfVolume(string path)
    {
        foreach (var volume in layout.Volumes)
            if (volume.Path == path) return volume.Origin.Length == 0 ? "the default layout" : "VOLUMES, " + volume.Origin;
        return "cloud-configs of this machine";
    }

    private static string InRoot(string target) => SystemPaths.InNewRoot(target);
}
