namespace KairosBoot.Plan;

/// <summary>Why an attempt to boot a slot failed.</summary>
public enum FailureKind
{
    /// <summary>The counters are not those that the loader reported. Another disk may be the boot disk. Occurs once in a boot.</summary>
    CountersDiffer,
    /// <summary>The counters name another slot than the loader started.</summary>
    OtherSlotChosen,
    /// <summary>No slot has tries left.</summary>
    NothingLeft,
    /// <summary>The partition with the images did not appear.</summary>
    ImagesMissing,
    /// <summary>The partition with the images cannot be mounted.</summary>
    ImagesUnmountable,
    /// <summary>The image cannot be read at the moment.</summary>
    ImageUnreadable,
    /// <summary>The image cannot boot, and another attempt would not change that.</summary>
    ImageUnbootable,
    /// <summary>A volume is damaged and its policy is to boot recovery.</summary>
    VolumeDamaged,
    /// <summary>A required volume is missing or cannot be mounted. The image is not the cause.</summary>
    VolumeUnusable,
    /// <summary>Any other failure: a required step, or kairos-boot itself.</summary>
    Other,
}

/// <summary>The reason why an attempt to boot a slot failed.</summary>
/// <param name="Kind">What <see cref="FailurePolicy"/> bases its decision on.</param>
/// <param name="Problem">What failed, as a sentence without a full stop.</param>
/// <param name="Fix">How to fix it, as an imperative without a full stop.</param>
public sealed record BootFailure(FailureKind Kind, string Problem, string Fix)
{
    /// <summary>The step of the plan that failed; null: the failure was not in a step.</summary>
    public string? Step { get; init; }

    /// <summary>The failure on one line, for a log.</summary>
    public string Summary
    {
        get
        {
            var end = Problem.IndexOf('\n');
            var line = end < 0 ? Problem : Problem[..end];
            return Step is null ? line : $"{Step}: {line}";
        }
    }

    /// <summary>The failure is a read error (EIO), which may be transient: one retry can succeed.</summary>
    public bool IsReadError { get; init; }

    /// <summary>For an image that cannot boot: the reason, one of the words of <see cref="SlotFault"/>.</summary>
    public string Fault { get; init; } = SlotFault.Damaged;

    /// <summary>For <see cref="FailureKind.VolumeUnusable"/>: the volume; null: not known.</summary>
    public VolumeFault? Volume { get; init; }

    /// <summary>For <see cref="FailureKind.OtherSlotChosen"/>: the slot that the counters name.</summary>
    public Slot? Chosen { get; init; }

    /// <summary>For <see cref="FailureKind.OtherSlotChosen"/>: why the counters name it; null: it is the loader's own choice.</summary>
    public ChoiceReason? Why { get; init; }
}
