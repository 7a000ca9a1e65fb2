using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Kernel modules of watchdogs, as the <c>watchdog</c> set of the initrd has them. Each is loaded only where somebody asks for a watchdog.</summary>
public static class WatchdogDrivers
{
    /// <summary>With the bridges they are parts of, those first. A driver whose hardware is not there does nothing.</summary>
    public static ImmutableArray<string> Hardware { get; } =
        ["lpc_ich", "i2c_i801", "iTCO_wdt", "wdat_wdt", "i6300esb", "sp5100_tco", "hpwdt", "sbsa_gwdt", "dw_wdt", "imx2_wdt", "bcm2835_wdt"];

    /// <summary>The kernel's own timer.</summary>
    public const string Software = "softdog";
}
