using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>What this boot was asked to do, decided once from the command line.</summary>
public sealed record BootRequest
{
    public const string UsualInit = "/sbin/init";

    public required Slot Slot { get; init; }
    /// <summary>Image inside its partition: <c>/cOS/active.img</c>.</summary>
    public required string ImagePath { get; init; }
    /// <summary>Recovery asked to put the machine back into its factory state.</summary>
    public bool AutoReset { get; init; }
    public OverlayBacking? Overlay { get; init; }
    public ImmutableArray<VolumeRequest> Volumes { get; init; } = [];
    /// <summary>Null: the machine has no OEM partition.</summary>
    public DeviceRef? Oem { get; init; } = DeviceRef.Label(SystemPaths.OemLabel);
    public TimeSpan OemTimeout { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan DeviceTimeout { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Image mounted read-write, for debugging.</summary>
    public bool RootWritable { get; init; }
    public bool Debug { get; init; }
    public string Init { get; init; } = UsualInit;
    /// <summary>Partition the loader read the image from: pins the boot disk.</summary>
    public DeviceRef? LoadedFrom { get; init; }
    /// <summary>Seconds between a failure and the reboot; 0: at once.</summary>
    public int PanicSeconds { get; init; } = 10;
    /// <summary>Time after which the hardware resets a machine that makes no progress; null: its watchdog stays as it is.</summary>
    public int? WatchdogSeconds { get; init; }
    /// <summary>Tries the loader left this slot, or the kernel that started this one; null where neither counted.</summary>
    public int? TriesLeft { get; init; }
    /// <summary>How the loader found the boot counters: <c>ok</c>, <c>ro</c> (it could not write them), <c>bad</c>; null where it did not look for any.</summary>
    public CounterAccess? LoaderCounters { get; init; }
    /// <summary>The loader reads the counters, and so starts the slot that they name, with its own kernel.</summary>
    public bool LoaderReadsCounters { get; init; }
    /// <summary>Why this slot was chosen: <c>order</c>, <c>oneshot</c>; null where it was not chosen by the counters.</summary>
    public ChoiceReason? Why { get; init; }
    /// <summary>The slot whose kernel started this one in its place, with kexec; null where the loader did.</summary>
    public Slot? KexecFrom { get; init; }
    /// <summary>What was asked for where the persistent volume is damaged or missing.</summary>
    public VolumePolicy Persistent { get; init; } = VolumePolicy.Default;
    public FileSystemChecks Checks { get; init; } = FileSystemChecks.Default;
    /// <summary>User-data may come from USB and SD media too.</summary>
    public bool UserDataFromMedia { get; init; }
    /// <summary>Known options with a bad value, one sentence each: the default holds.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The partition that holds the images of this slot.</summary>
    public DeviceRef ImagePartition =>
        DeviceRef.Label(Slot == Slot.Recovery ? SystemPaths.RecoveryLabel : SystemPaths.StateLabel);

    /// <summary>Name of the sentinel under /run/cos: exactly one is there in a boot.</summary>
    public string SentinelName => AutoReset ? "autoreset_mode" : Slot.Name() + "_mode";

    /// <summary>False: an image by a name of its own was asked for, which no slot stands for.</summary>
    public bool IsSlotsOwnImage => ImagePath == Slot.Image() || ImagePath == SystemPaths.OtherRecoveryImage;

    /// <summary>True where users' data and their own layout have no say: recovery must not depend on what it may have to repair.</summary>
    public bool WithoutPersistence => Slot == Slot.Recovery || AutoReset;

    /// <summary>What happens to a volume that is damaged or missing. Recovery comes up whatever its volumes are like, and never turns to recovery.</summary>
    public VolumePolicy PolicyFor(VolumeRequest volume) =>
        volume.Path != SystemPaths.Persistent ? VolumePolicy.Default
        : WithoutPersistence ? new(DamagedVolume.ReadOnly, MissingVolume.Tmpfs)
        : Persistent;

    /// <summary>The same machine's other slot. What the loader counted and why is about the slot it chose.</summary>
    public BootRequest ForSlot(Slot slot, ChoiceReason? why = null) => this with { Slot = slot, ImagePath = slot.Image(), TriesLeft = null, Why = why };
}
