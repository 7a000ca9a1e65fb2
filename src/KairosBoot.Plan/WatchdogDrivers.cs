using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Kernel modules of watchdogs, as the <c>watchdog</c> set of the initrd has them. Each is loaded only where somebody asks for a watchdog.</summary>
public static class WatchdogDrivers
{
    /// <summary>
    /// In the order in which they are wanted, each behind the bridges it is a part of: the first one there is watchdog0, which is the one that is used. A
    /// driver whose hardware is not there does nothing.
    /// </summary>
    public static ImmutableArray<string> Hardware { get; } =
    [
        "i6300esb", // a card of its own, there because somebody wanted it
        "lpc_ich", "i2c_i801", "iTCO_wdt", // a board may have it and not have its reset line connected, which the driver does not see
        "wdat_wdt", "sp5100_tco", "hpwdt", "sbsa_gwdt", "dw_wdt", "imx2_wdt", "bcm2835_wdt",
    ];

    /// <summary>The kernel's own timer.</summary>
    public const string Software = "softdog";
}
