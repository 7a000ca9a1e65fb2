using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>Kernel modules of watchdogs, the <c>watchdog</c> set of the initrd. They are loaded only if a watchdog is requested.</summary>
public static class WatchdogDrivers
{
    /// <summary>
    /// In order of preference, each after the bridge drivers that it needs. The first driver that finds its hardware provides watchdog0,
    /// which is used. A driver without its hardware does nothing.
    /// </summary>
    public static ImmutableArray<string> Hardware { get; } =
    [
        "i6300esb", // a separate card, present only because an operator wants it
        "lpc_ich", "i2c_i801", "iTCO_wdt", // on some boards its reset line is not connected, and the driver cannot detect that
        "wdat_wdt", "sp5100_tco", "hpwdt", "sbsa_gwdt", "dw_wdt", "imx2_wdt", "bcm2835_wdt",
    ];

    /// <summary>The kernel's own timer.</summary>
    public const string Software = "softdog";
}
