namespace KairosBoot.Plan;

/// <summary>The places where <c>kairosboot.break=</c> stops the boot, in their order: before the step.</summary>
public enum BootStep { Disk, Image, RootFs, Layout, Volumes, InitRamFs, HandOver }

public static class BootSteps
{
    // These names are part of the command line's interface.
    private static readonly (string Name, string State)[] All =
    [
        ("disk", "the command line is read; no disk was looked for"),
        ("image", "the boot disk is found, its images are mounted at " + SystemPaths.State + " and the attempt is counted"),
        ("rootfs", "the image is mounted at " + SystemPaths.Sysroot + "; no cloud-config has run"),
        ("layout", "the stage rootfs has run; the layout is not read"),
        ("volumes", "the layout is read; its volumes are not mounted"),
        ("initramfs", "the new root is /, with all its mounts; the stage initramfs has not run"),
        ("handover", "all is done except starting init"),
    ];

    /// <summary>For the warning about a wrong name.</summary>
    public const string NoSuchStep =
        " is not a step of the boot (disk, image, rootfs, layout, volumes, initramfs, handover); it is ignored";

    public static string Name(this BootStep step) => All[(int)step].Name;

    /// <summary>What is true before the step, as a sentence.</summary>
    public static string State(this BootStep step) => All[(int)step].State;

    /// <summary>Null: no step has this name.</summary>
    public static BootStep? TryParse(string name)
    {
        for (var i = 0; i < All.Length; i++)
            if (All[i].Name == name) return (BootStep)i;
        return null;
    }
}
