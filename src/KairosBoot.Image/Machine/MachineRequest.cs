namespace KairosBoot.Image;

/// <summary>What <c>kboot run</c> starts.</summary>
/// <param name="Disk">A disk or an OS image.</param>
public sealed record MachineRequest(string Disk)
{
    /// <summary>Cloud-configs for the temporary disk of an OS image.</summary>
    public IReadOnlyList<string> CloudConfigs { get; init; } = [];

    /// <summary>Further kernel arguments; empty: none.</summary>
    public string KernelArguments { get; init; } = "";

    /// <summary>Null: that of the disk or the image, if it says.</summary>
    public Architecture? Architecture { get; init; }

    /// <summary>UEFI firmware instead of a BIOS.</summary>
    public bool IsUefi { get; init; }

    /// <summary>Kernel and initrd without the boot loader of the disk.</summary>
    public bool IsDirect { get; init; }

    /// <summary>The other properties of the machine.</summary>
    public required VirtualMachine Machine { get; init; }
}
