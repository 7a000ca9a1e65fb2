namespace KairosBoot.Plan;

/// <summary>What an upgrade does with the slots: values in, values out.</summary>
public static class UpgradeRules
{
    /// <summary>Whether the old active image becomes the passive one. The system that runs is the one to come back to; where that is neither of the two, a
    /// passive image that has shown that it boots stays.</summary>
    /// <param name="running">The slot whose image runs now, by the image itself: it may have moved since the boot. Null: none of this disk's.</param>
    /// <param name="counters">As they are.</param>
    /// <param name="passiveIsThere">There is a passive image.</param>
    /// <param name="pinned">The slot whose image is to stay, whatever runs; null: none.</param>
    /// <exception cref="OperatorException">One of the two images runs and the other is pinned.</exception>
    public static bool ActiveBecomesPassive(Slot? running, BootCounters counters, bool passiveIsThere, Slot? pinned) => (running, pinned) switch
    {
        (Slot.Passive, Slot.Active) => throw new OperatorException("the image in active is pinned and the one in passive runs: there is no place for a new one",
            "kboot unpin, or reboot into the pinned image first: kboot select active"),
        (_, Slot.Passive) => false,
        (Slot.Active, _) or (_, Slot.Active) => true,
        (Slot.Passive, _) => false,
        _ => !passiveIsThere || counters.Active.Good && !counters.Passive.Good,
    };

    /// <summary>
    /// While a name on the partition goes from one image to another, the next boot is that of a slot which stays as it is. A power cut in between leaves
    /// the change in the journal: GRUB, which does not read that, would start the kernel of the old image, and kairos-boot, for which the journal has been
    /// replayed, mount the new one.
    /// </summary>
    public static BootCounters WithOneShot(this BootCounters counters, Slot? steady) => counters with { Once = steady };

    /// <summary>The image that runs well as active has as many tries as passive.</summary>
    public static BootCounters PassiveFromActive(this BootCounters counters, string image) =>
        counters.Reset(Slot.Passive).With(Slot.Passive, counters.Active with { Image = image });

    /// <summary>A slot gets an image that was never booted.</summary>
    /// <param name="counters">As they are.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="image">Its id; empty where it is not to be known.</param>
    public static BootCounters Arm(this BootCounters counters, Slot slot, string image) =>
        counters.Reset(slot).With(slot, new(BootCounter.Full, false, image));
}
