namespace KairosBoot.CloudConfig.Booted;

/// <summary>The stages that something runs. Others are no mistake: kboot stage run runs any.</summary>
internal static class StageNames
{
    private static readonly string[] Known =
    [
        "rootfs", "initramfs", "fs", "boot", "network", "reconcile",
        "before-install", "after-install", "after-install-chroot", "before-upgrade", "after-upgrade", "after-upgrade-chroot", "before-reset", "after-reset", "after-reset-chroot",
        "kairos-install.pre", "kairos-install.after", "kairos-upgrade.pre", "kairos-upgrade.after", "kairos-reset.pre", "kairos-reset.after",
        "kairos-uki-install.pre", "kairos-uki-install.after", "kairos-uki-upgrade.pre", "kairos-uki-upgrade.after", "kairos-uki-reset.pre", "kairos-uki-reset.after",
    ];

    private static readonly string[] Passes = ["", ".before", ".after"];

    /// <summary>Null for a name that is known, or near none that is.</summary>
    internal static string? Suggest(string stage)
    {
        var names = Known.SelectMany(name => Passes.Select(pass => name + pass)).ToList();
        return !names.Contains(stage) && SpellingHint.Find(stage, names) is { } nearest ? $"no stage that anything runs: did you mean {nearest}?" : null;
    }

    /// <summary>Whether the initrd runs it.</summary>
    internal static bool IsOfInitrd(string stage) => stage.Split('.')[0] is "rootfs" or "initramfs";
}
