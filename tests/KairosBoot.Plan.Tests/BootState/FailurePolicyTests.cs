using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>Every kind of failure in every state of a boot, as golden text.</summary>
public sealed class FailurePolicyTests
{
    private static readonly BootCounters Counters = new()
    {
        Active = new(2, true, "a"), Passive = new(3, true, "b"),
        Recovery = new(3, false, "c")
    };
    private static readonly BootCounters AllUsedUp = new()
    {
        Active = new(0, true, "a"), Passive = new(0, true, "b"),
        Recovery = new(0, false, "c")
    };

    private static readonly VolumeFault Missing = VolumeFault.Of(VolumeFault.Unusable, "LABEL=DATA");

    private static readonly (string Name, BootProgress Progress)[] Places =
    [
        ("active, counted", new(Slot.Active, new(Counters, null)) { Counted = Slot.Active, RecoveryExists = true }),
        ("active, counted, after a retry",
            new(Slot.Active, new(Counters, null)) { Counted = Slot.Active, RecoveryExists = true, HasRetried = true }),
        ("active, counted, no recovery", new(Slot.Active, new(Counters, null)) { Counted = Slot.Active }),
        ("active, last tries", new(Slot.Active, new(AllUsedUp, null)) { Counted = Slot.Active, RecoveryExists = true }),
        ("active, not counted", new(Slot.Active, BootBlock.Unusable("is missing")) { RecoveryExists = true }),
        ("active, another image named", new(Slot.Active, new(Counters, null)) { Counted = Slot.Active, IsSlotImage = false }),
        ("recovery, counted", new(Slot.Recovery, new(Counters, null)) { Counted = Slot.Recovery }),
    ];

    // The failure is the last one before recovery takes over.
    private static BootProgress AfterVolume(BootProgress progress) => progress with
    {
        VolumeRetries = 3,
        Counters = progress.Counters with { Counters = progress.Counters.Counters with { VolumeFault = Missing with { Boots = 2 } } },
    };

    internal static readonly (string Name, BootFailure Failure)[] Failures =
    [
        ("the counters are not those that the loader reported", new(FailureKind.CountersDiffer, "", "")),
        ("the counters name passive", new(FailureKind.OtherSlotChosen, "", "") { Chosen = Slot.Passive, Why = ChoiceReason.Order }),
        ("all tries are used up", new(FailureKind.NothingLeft, "", "")),
        ("the partition of the images is missing", new(FailureKind.ImagesMissing, "", "")),
        ("the partition of the images cannot be mounted", new(FailureKind.ImagesUnmountable, "", "")),
        ("the partition of the images cannot be read (EIO)", new(FailureKind.ImagesUnmountable, "", "") { IsReadError = true }),
        ("the image cannot be read (EIO)", new(FailureKind.ImageUnreadable, "", "") { IsReadError = true }),
        ("the image is damaged", new(FailureKind.ImageUnbootable, "", "")),
        ("the image has no init", new(FailureKind.ImageUnbootable, "", "") { Fault = SlotFault.NoInit }),
        ("a volume is damaged, its policy is recovery", new(FailureKind.VolumeDamaged, "", "")),
        ("a required volume is missing", new(FailureKind.VolumeUnusable, "", "") { Volume = Missing }),
        ("another required step failed", new(FailureKind.Other, "", "")),
    ];

    [Fact]
    public void The_table_of_decisions_is_the_golden_text() => Assert.Equal(Golden.ReplaceLineEndings("\n"), Table());

    /// <summary>The decisions as text, for the golden text and for docs/boot-assessment.md.</summary>
    internal static string Table()
    {
        var text = new StringBuilder();
        foreach (var (name, failure) in Failures)
        {
            text.Append(name).Append('\n');
            foreach (var (place, progress) in Places)
                text.Append($"  {place}: {Text(FailurePolicy.Decide(failure, progress with { VolumeRetries = 3 }), progress)}\n");
            if (failure.Volume is null) continue;
            text.Append(name).Append(", in the third boot\n");
            foreach (var (place, progress) in Places)
                text.Append($"  {place}: {Text(FailurePolicy.Decide(failure, AfterVolume(progress)), progress)}\n");
        }

        return text.ToString();
    }

    [Fact]
    public void Every_kind_of_failure_has_a_row() =>
        Assert.Equal(Enum.GetValues<FailureKind>(), Failures.Select(row => row.Failure.Kind).Distinct().Order());

    private static string Text(FailureDecision decision, BootProgress progress)
    {
        var text = decision.Action switch
        {
            FailureAction.Retry => "try the same slot once more",
            FailureAction.FallBack =>
                decision.Slot == progress.Booting ? "boot the slot's own image" :
                $"boot {decision.Slot!.Value.Name()}{(decision.Why is null ? "" : $" ({decision.Why.Value.Name()})")}",
            FailureAction.Reboot => "reboot",
            _ => "stop",
        };
        if (decision.Counters is not { } after) return text;
        var before = progress.Counters.Counters;
        foreach (var slot in before.Order)
            if (after[slot].Left != before[slot].Left) text += $", {slot.Name()} {before[slot].Left} -> {after[slot].Left} tries";
        if (after.Fault is { } fault) text += $", fail={fault}";
        return after.VolumeFault is { } volume ? $"{text}, vol_fail={volume}" : text;
    }

    private const string Golden = """
        the counters are not those that the loader reported
          active, counted: try the same slot once more
          active, counted, after a retry: try the same slot once more
          active, counted, no recovery: try the same slot once more
          active, last tries: try the same slot once more
          active, not counted: try the same slot once more
          active, another image named: try the same slot once more
          recovery, counted: try the same slot once more
        the counters name passive
          active, counted: boot passive (order)
          active, counted, after a retry: boot passive (order)
          active, counted, no recovery: boot passive (order)
          active, last tries: boot passive (order)
          active, not counted: boot passive (order)
          active, another image named: boot passive (order)
          recovery, counted: boot passive (order)
        all tries are used up
          active, counted: stop
          active, counted, after a retry: stop
          active, counted, no recovery: stop
          active, last tries: stop
          active, not counted: stop
          active, another image named: stop
          recovery, counted: stop
        the partition of the images is missing
          active, counted: boot recovery
          active, counted, after a retry: boot recovery
          active, counted, no recovery: reboot
          active, last tries: boot recovery
          active, not counted: boot recovery
          active, another image named: reboot
          recovery, counted: reboot
        the partition of the images cannot be mounted
          active, counted: boot recovery
          active, counted, after a retry: boot recovery
          active, counted, no recovery: reboot
          active, last tries: boot recovery
          active, not counted: boot recovery
          active, another image named: reboot
          recovery, counted: reboot
        the partition of the images cannot be read (EIO)
          active, counted: try the same slot once more
          active, counted, after a retry: boot recovery
          active, counted, no recovery: try the same slot once more
          active, last tries: try the same slot once more
          active, not counted: try the same slot once more
          active, another image named: try the same slot once more
          recovery, counted: try the same slot once more
        the image cannot be read (EIO)
          active, counted: try the same slot once more
          active, counted, after a retry: reboot
          active, counted, no recovery: try the same slot once more
          active, last tries: try the same slot once more
          active, not counted: try the same slot once more
          active, another image named: try the same slot once more
          recovery, counted: try the same slot once more
        the image is damaged
          active, counted: boot passive (order), active 2 -> 0 tries, fail=active:damaged
          active, counted, after a retry: boot passive (order), active 2 -> 0 tries, fail=active:damaged
          active, counted, no recovery: boot passive (order), active 2 -> 0 tries, fail=active:damaged
          active, last tries: reboot, fail=active:damaged
          active, not counted: reboot
          active, another image named: boot the slot's own image
          recovery, counted: boot active (order), recovery 3 -> 0 tries, fail=recovery:damaged
        the image has no init
          active, counted: boot passive (order), active 2 -> 0 tries, fail=active:no-init
          active, counted, after a retry: boot passive (order), active 2 -> 0 tries, fail=active:no-init
          active, counted, no recovery: boot passive (order), active 2 -> 0 tries, fail=active:no-init
          active, last tries: reboot, fail=active:no-init
          active, not counted: reboot
          active, another image named: boot the slot's own image
          recovery, counted: boot active (order), recovery 3 -> 0 tries, fail=recovery:no-init
        a volume is damaged, its policy is recovery
          active, counted: boot recovery, active 2 -> 3 tries
          active, counted, after a retry: boot recovery, active 2 -> 3 tries
          active, counted, no recovery: reboot, active 2 -> 3 tries
          active, last tries: boot recovery
          active, not counted: boot recovery
          active, another image named: reboot, active 2 -> 3 tries
          recovery, counted: reboot
        a required volume is missing
          active, counted: reboot, active 2 -> 3 tries, vol_fail=1:unusable:LABEL=DATA
          active, counted, after a retry: reboot, active 2 -> 3 tries, vol_fail=1:unusable:LABEL=DATA
          active, counted, no recovery: reboot, active 2 -> 3 tries, vol_fail=1:unusable:LABEL=DATA
          active, last tries: reboot, active 0 -> 1 tries, vol_fail=1:unusable:LABEL=DATA
          active, not counted: reboot
          active, another image named: reboot, active 2 -> 3 tries, vol_fail=1:unusable:LABEL=DATA
          recovery, counted: reboot, vol_fail=1:unusable:LABEL=DATA
        a required volume is missing, in the third boot
          active, counted: boot recovery, active 2 -> 3 tries, vol_fail=3:unusable:LABEL=DATA
          active, counted, after a retry: boot recovery, active 2 -> 3 tries, vol_fail=3:unusable:LABEL=DATA
          active, counted, no recovery: reboot, vol_fail=3:unusable:LABEL=DATA
          active, last tries: reboot, vol_fail=3:unusable:LABEL=DATA
          active, not counted: reboot
          active, another image named: reboot, vol_fail=3:unusable:LABEL=DATA
          recovery, counted: reboot, vol_fail=3:unusable:LABEL=DATA
        another required step failed
          active, counted: reboot
          active, counted, after a retry: reboot
          active, counted, no recovery: reboot
          active, last tries: reboot
          active, not counted: reboot
          active, another image named: reboot
          recovery, counted: reboot

        """;
}
