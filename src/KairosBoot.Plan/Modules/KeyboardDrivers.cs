namespace KairosBoot.Plan;

/// <summary>
/// Kernel modules of USB keyboards. They are loaded only when a screen waits for keys. The index has no hardware for <see cref="Own"/>, so
/// that a keyboard does not delay a boot.
/// </summary>
public static class KeyboardDrivers
{
    /// <summary>Modules that are for keyboards and the like only.</summary>
    public static readonly string[] Own = ["usbhid", "hid_generic"];

    /// <summary>Their controllers, which are loaded before.</summary>
    public static readonly string[] Controllers = ["xhci_pci", "ehci_pci", "ohci_pci", "uhci_hcd"];
}
