using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// What this boot was asked to do, parsed once from the command line. A value: there is one for each boot, and nothing changes it.
/// </summary>
public sealed record BootRequest
{
    public const string DefaultInit = "/sbin/init";

    public required Slot Slot { get; init; }
    /// <summary>Path of the image inside its partition: <c>/cOS/active.img</c>.</summary>
    public required string ImagePath { get; init; }
    /// <summary>The recovery system was asked to restore the factory state.</summary>
    public bool AutoReset { get; init; }
    public OverlayBacking? Overlay { get; init; }
    public ImmutableArray<VolumeRequest> Volumes { get; init; } = [];
    /// <summary>Null: the machine has no OEM partition.</summary>
    public DeviceRef? Oem { get; init; } = DeviceRef.Label(SystemPaths.OemLabel);
    public TimeSpan OemTimeout { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan DeviceTimeout { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Modules to load in addition to those for the hardware, in the kernel's spelling.</summary>
    public ImmutableArray<string> Modules { get; init; } = [];
    /// <summary>Modules that are never loaded, in the kernel's spelling.</summary>
    public ImmutableArray<string> ExcludedModules { get; init; } = [];
    /// <summary>After how many boots that fail because of the same volume recovery takes over; 0: never.</summary>
    public int VolumeRetries { get; init; } = 3;
    /// <summary>The image is mounted read-write, for debugging.</summary>
    public bool RootWritable { get; init; }
    public bool Debug { get; init; }
    public string Init { get; init; } = DefaultInit;
    /// <summary>The partition that the loader read the image from. It identifies the boot disk.</summary>
    public DeviceRef? LoadedFrom { get; init; }
    /// <summary>Seconds between a failure and the reboot; 0: immediately.</summary>
    public int PanicSeconds { get; init; } = 10;
    /// <summary>The hardware resets a machine that makes no progress for this time; null: the watchdog is not changed.</summary>
    public int? WatchdogSeconds { get; init; }
    /// <summary>Tries that the loader, or the kernel that started this one, left this slot; null: neither of them counted.</summary>
    public int? TriesLeft { get; init; }
    /// <summary>The boot id in the counters that the loader read; null: it reported none.</summary>
    public string? LoaderBootId { get; init; }
    /// <summary>How the loader found the boot counters; null: it did not look for them.</summary>
    public CounterAccess? LoaderCounters { get; init; }
    /// <summary>The loader reads the counters, so it starts the slot that they name, with the slot's own kernel.</summary>
    public bool LoaderReadsCounters { get; init; }
    /// <summary>Why the counters chose this slot; null: they did not choose it.</summary>
    public ChoiceReason? Why { get; init; }
    /// <summary>The slot whose kernel started this one with kexec; null: the loader started it.</summary>
    public Slot? KexecFrom { get; init; }
    /// <summary>What to do if the persistent volume is damaged or missing.</summary>
    public VolumePolicy Persistent { get; init; } = VolumePolicy.Default;
    /// <summary>An operator asked for a tmpfs in the place of COS_PERSISTENT for this boot, also if the partition is intact.</summary>
    public bool PersistentLeftOut { get; init; }
    public FileSystemChecks Checks { get; init; } = FileSystemChecks.Default;
    /// <summary>User-data is also read from USB and SD media.</summary>
    public bool UserDataFromMedia { get; init; }
    /// <summary>The failure screen and a break take keys.</summary>
    public bool TakesKeys { get; init; } = true;
    public ShellMode Shell { get; init; }
    /// <summary>A bit for each <see cref="BootStep"/> before which the boot stops for a time.</summary>
    public int Breaks { get; init; }
    /// <summary>The command line asks for a kind of boot that kairos-boot does not support: which, and what to do. Null: no.</summary>
    public OperatorException? Unsupported { get; init; }
    /// <summary>Known options with an invalid value, one sentence each; the default is used.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The boot stops before this step.</summary>
    public bool HasBreak(BootStep step) => (Breaks >> (int)step & 1) != 0;

    /// <summary>The partition that holds the images of this slot.</summary>
    public DeviceRef ImagePartition =>
        DeviceRef.Label(Slot == Slot.Recovery ? SystemPaths.RecoveryLabel : SystemPaths.StateLabel);

    /// <summary>Name of the sentinel in /run/cos: each boot writes exactly one.</summary>
    public string SentinelName => AutoReset ? "autoreset_mode" : Slot.Name() + "_mode";

    /// <summary>False: the command line names an image that belongs to no slot.</summary>
    public bool IsSlotImage => ImagePath == Slot.Image() || ImagePath == SystemPaths.OtherRecoveryImage;

    /// <summary>True: the users' data and their layout are not used. Recovery must not depend on what it may have to repair.</summary>
    public bool WithoutPersistence => Slot == Slot.Recovery || AutoReset;

    /// <summary>
    /// What to do with a damaged or missing volume. Recovery boots in any state of its volumes, and never falls back to recovery.
    /// </summary>
    public VolumePolicy PolicyFor(VolumeRequest volume) =>
        volume.Path != SystemPaths.Persistent ? VolumePolicy.Default
        : WithoutPersistence ? new(DamagedVolume.ReadOnly, MissingVolume.Tmpfs)
        : PersistentLeftOut ? new(DamagedVolume.ReadOnly, MissingVolume.Tmpfs)
        : Persistent;

    /// <summary>The same request for another slot. The loader's count and its reason belong to the slot that it started.</summary>
    public BootRequest ForSlot(Slot slot, ChoiceReason? why = null) =>
        this with { Slot = slot, ImagePath = slot.Image(), TriesLeft = null, Why = why };
}
