namespace KairosBoot.Plan;

/// <summary>What ended an attempt to boot a slot.</summary>
public enum FailureKind
{
    /// <summary>The counters name another slot than the one that was started.</summary>
    OtherSlotChosen,
    /// <summary>All tries of all slots are used up.</summary>
    NothingLeft,
    /// <summary>The partition of the images did not appear.</summary>
    ImagesMissing,
    /// <summary>The partition of the images cannot be mounted.</summary>
    ImagesUnmountable,
    /// <summary>The image cannot be read now.</summary>
    ImageUnreadable,
    /// <summary>The image cannot boot, and another attempt would not change that.</summary>
    ImageUnbootable,
    /// <summary>A volume is damaged and its policy is to boot recovery.</summary>
    VolumeDamaged,
    /// <summary>A required volume is missing or cannot be mounted: no image's fault.</summary>
    VolumeUnusable,
    /// <summary>Everything else: a required step failed, or kairos-boot itself.</summary>
    Other,
}

/// <summary>Why an attempt ended.</summary>
/// <param name="Kind">What <see cref="FailurePolicy"/> decides by.</param>
/// <param name="Problem">What failed, as a sentence without a full stop.</param>
public sealed record BootFailure(FailureKind Kind, string Problem)
{
    /// <summary>What to do about it; null where nothing is known.</summary>
    public string? Fix { get; init; }

    /// <summary>The step of the plan that failed; null where none did.</summary>
    public string? Step { get; init; }

    /// <summary>For a line of a log.</summary>
    public string Summary
    {
        get
        {
            var end = Problem.IndexOf('\n');
            var line = end < 0 ? Problem : Problem[..end];
            return Step is null ? line : $"{Step}: {line}";
        }
    }

    /// <summary>A read error (EIO): a disk that stumbled once may read well when it is asked again.</summary>
    public bool IsReadError { get; init; }

    /// <summary>Of an image that cannot boot: a word of <see cref="SlotFault"/>.</summary>
    public string Fault { get; init; } = SlotFault.Damaged;

    /// <summary>Of a choice by the counters: the slot that is next.</summary>
    public Slot? Chosen { get; init; }

    /// <summary>Of a choice by the counters: <c>order</c> or <c>oneshot</c>; null where the loader's own choice stands.</summary>
    public string? Why { get; init; }
}
