namespace KairosBoot.CloudConfig.Booted;

/// <summary>The stages that the system or kboot runs. Other names are allowed, because kboot stage run runs any stage.</summary>
internal static class StageNames
{
    // Each has the passes NAME.before, NAME and NAME.after.
    private static readonly string[] Run =
    [
        "rootfs", "initramfs", "fs", "boot", FirstBoot.Stage, "network", "reconcile",
        "before-install", "after-install", "before-upgrade", "after-upgrade", "before-reset", "after-reset",
        "kairos-install.pre", "kairos-install.after", "kairos-upgrade.pre", "kairos-upgrade.after", "kairos-reset.pre",
            "kairos-reset.after",
    ];

    // Stages of Kairos, and the stage to use here.
    private static readonly (string Name, string Instead)[] OfKairos =
    [
        ("after-install-chroot", "after-install"), ("after-upgrade-chroot", "after-upgrade"), ("after-reset-chroot", "after-reset"),
        ("kairos-uki-install.pre", "kairos-install.pre"), ("kairos-uki-install.after", "kairos-install.after"),
        ("kairos-uki-upgrade.pre", "kairos-upgrade.pre"), ("kairos-uki-upgrade.after", "kairos-upgrade.after"),
        ("kairos-uki-reset.pre", "kairos-reset.pre"), ("kairos-uki-reset.after", "kairos-reset.after"),
    ];

    // Run by programs that are not part of the system.
    private const string Provider = "provider-";

    private static readonly string[] Passes = ["", ".before", ".after"];
    private static readonly string[] Names = [.. Run.SelectMany(name => Passes.Select(pass => name + pass))];

    /// <summary>Why nothing runs a stage; null: something does.</summary>
    internal static string? Check(string stage)
    {
        if (Names.Contains(stage) || stage.StartsWith(Provider, StringComparison.Ordinal)) return null;
        foreach (var (name, instead) in OfKairos)
        {
            foreach (var pass in Passes)
                if (stage == name + pass) return $"nothing runs this stage of Kairos here; to fix: use {instead + pass}";
        }
        return SpellingHint.Find(stage, Names) is { } nearest ? $"nothing runs this stage: did you mean {nearest}?"
            : $"nothing runs this stage by itself; to run it: kboot stage run {YamlScalar.NameOf(stage)}";
    }

    /// <summary>True: the initrd runs the stage.</summary>
    internal static bool IsOfInitrd(string stage) => stage.Split('.')[0] is "rootfs" or "initramfs";
}
