namespace KairosBoot.Plan;

/// <summary>
/// What an option changes; <see cref="BootRequestParser"/> has an arm for each. The table has no delegates: PID 1 would need code for each
/// row.
/// </summary>
internal enum KernelOptionKind
{
    ImageFile, Root, LiveImage, LoaderSlot, AutoReset, TriesLeft, Why, LoaderCounters, KexecFrom, LoadedFrom, BootId, Overlay, Volume, Oem,
    OemTimeout, DeviceTimeout, VolumeRetries, Modules, ExcludedModules,
    Persistent, CheckMode, CheckRepair, UserData, Init, Panic, Watchdog, Debug, RootWritable, Keys, Shell, Break,
    UnifiedImage, Unsupported,
}

/// <summary>An option of the kernel command line that kairos-boot reads.</summary>
public sealed class KernelOption
{
    private readonly string form = "";
    private readonly int min, max;

    /// <param name="name">As it is written on the command line, without the equals sign.</param>
    /// <param name="form">The form of its value, for the warning about an invalid value.</param>
    /// <param name="kind">What it changes.</param>
    internal KernelOption(string name, string form, KernelOptionKind kind) => (Name, this.form, Kind) = (name, form, kind);

    /// <summary>An option whose value is a number.</summary>
    internal KernelOption(string name, int min, int max, KernelOptionKind kind) =>
        (Name, this.min, this.max, Kind) = (name, min, max, kind);

    public string Name { get; }

    internal KernelOptionKind Kind { get; }

    /// <summary>The form of its value, in words. Built here and not in the table: a valid command line needs no text.</summary>
    public string Form => max == 0 ? form : $"a number from {min} to {max}";

    /// <summary>The name with the same meaning in an earlier generation of Kairos; null: it had none.</summary>
    public string? FormerName => Name.StartsWith(KernelOptions.Prefix, StringComparison.Ordinal)
        ? string.Concat(KernelOptions.FormerPrefix, Name.AsSpan(KernelOptions.Prefix.Length)) : null;

    /// <returns>Null: the value is not a number, or it is out of range.</returns>
    internal int? Number(string? value) => int.TryParse(value, out var number) && number >= min && number <= max ? number : null;
}
