namespace KairosBoot.Plan;

/// <summary>What a key on the failure screen or at a break asks for.</summary>
public enum ScreenKey { None, Reboot, NextSlot, Recovery, WithoutPersistent, Log, Shell, Continue }

public static class ScreenKeys
{
    // In the order of the screen. Lower case only: the fewer bytes are keys, the less a noisy line can do.
    private const string Letters = "rnvtlsc";

    /// <summary>The key of a byte of a console.</summary>
    public static ScreenKey Of(byte value) => (ScreenKey)(Letters.IndexOf((char)value) + 1);

    public static string Letter(this ScreenKey key) => Letters.Substring((int)key - 1, 1);
}
