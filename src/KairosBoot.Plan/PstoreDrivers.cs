namespace KairosBoot.Plan;

/// <summary>
/// Kernel modules that keep the end of a kernel log over a restart, the <c>pstore</c> set of the initrd. The kernel uses the first one that
/// finds its memory. ERST, the memory of servers, is built into the kernel.
/// </summary>
public static class PstoreDrivers
{
    /// <summary>Memory that the kernel command line reserves: used only if the parameters contain <see cref="Size"/>.</summary>
    public const string Reserved = "ramoops", Size = "mem_size=";

    /// <summary>Variables of UEFI firmware.</summary>
    public const string Efi = "efi_pstore";

    /// <summary>Parameters of a module on the kernel command line, as modprobe passes them to it: <c>mem_size=0x10000</c>.</summary>
    public static string Parameters(KernelCommandLine commandLine, string module)
    {
        var (start, text) = (module + ".", "");
        foreach (var (name, value) in commandLine.Parameters)
            if (value is not null && name.StartsWith(start, StringComparison.Ordinal)) text += name[start.Length..] + "=" + value + " ";
        return text;
    }
}
