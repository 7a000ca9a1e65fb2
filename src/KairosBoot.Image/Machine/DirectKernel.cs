namespace KairosBoot.Image;

/// <summary>A kernel that QEMU starts without a boot loader.</summary>
/// <param name="Kernel">Path of the kernel.</param>
/// <param name="Initrd">Path of the initrd.</param>
/// <param name="Arguments">Further kernel arguments; empty: none.</param>
public sealed record DirectKernel(string Kernel, string Initrd, string Arguments)
{
    // As the menu entry of the active slot (initrd/grub/grub.cfg), with the serial console only.
    private const string ActiveSlot = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=10 console=ttyS0";

    /// <summary>The whole kernel command line.</summary>
    public string CommandLine => Arguments.Length == 0 ? ActiveSlot : $"{ActiveSlot} {Arguments}";
}
