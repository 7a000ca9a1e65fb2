namespace KairosBoot.CloudConfig.Booted;

/// <summary>The stages that the system or kboot runs. Other names are allowed, because kboot stage run runs any stage.</summary>
internal static class StageNames
{
    private static readonly string[] Known =
    [
        "rootfs", "initramfs", "fs", "boot", FirstBoot.Stage, "network", "reconcile",
        "before-install", "after-install", "after-install-chroot", "before-upgrade", "after-upgrade", "after-upgrade-chroot",
            "before-reset", "after-reset", "after-reset-chroot",
        "kairos-install.pre", "kairos-install.after", "kairos-upgrade.pre", "kairos-upgrade.after", "kairos-reset.pre",
            "kairos-reset.after",
        "kairos-uki-install.pre", "kairos-uki-install.after", "kairos-uki-upgrade.pre", "kairos-uki-upgrade.after", "kairos-uki-reset.pre",
            "kairos-uki-reset.after",
    ];

    private static readonly string[] Passes = ["", ".before", ".after"];

    /// <summary>A hint for a misspelt name; null: a known name, or no similar one.</summary>
    internal static string? Suggest(string stage)
    {
        var names = Known.SelectMany(name => Passes.Select(pass => name + pass)).ToList();
        return !names.Contains(stage) && SpellingHint.Find(stage, names) is { } nearest
            ? $"nothing runs this stage: did you mean {nearest}?" : null;
    }

    /// <summary>True: the initrd runs the stage.</summary>
    internal static bool IsOfInitrd(string stage) => stage.Split('.')[0] is "rootfs" or "initramfs";
}
