namespace KairosBoot.Image;

/// <summary>A kernel that QEMU starts without a boot loader.</summary>
/// <param name="Kernel">Path of the kernel.</param>
/// <param name="Initrd">Path of the initrd.</param>
/// <param name="Arguments">Further kernel arguments; empty: none.</param>
/// <param name="Console">The kernel argument that chooses the serial console; null: the kernel chooses it.</param>
public sealed record DirectKernel(string Kernel, string Initrd, string Arguments, string? Console = DirectKernel.SerialConsole)
{
    /// <summary>That of a PC.</summary>
    public const string SerialConsole = "console=ttyS0";

    // As the menu entry of the active slot (initrd/grub/grub.cfg), with the serial console only.
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=10";

    /// <summary>The whole kernel command line.</summary>
    public string CommandLine =>
        string.Join(' ', ((string?[])[ActiveSlot, Console, Arguments]).Where(words => !string.IsNullOrEmpty(words)));
}
