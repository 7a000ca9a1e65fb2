namespace KairosBoot.Plan;

/// <summary>What an upgrade does with the slots: pure functions of the counters.</summary>
public static class UpgradeRules
{
    /// <summary>
    /// Whether the old active image becomes the passive one, which is the one to fall back to: the running image, but not in place of the
    /// only other image that is good. If neither active nor passive is running, a passive image that has booted before stays.
    /// </summary>
    /// <param name="running">
    /// The slot whose image runs now, found by the image itself: it may have moved since the boot. Null: the running image is not on this
    /// disk.
    /// </param>
    /// <param name="counters">The counters before the upgrade.</param>
    /// <param name="hasPassive">The passive slot has an image.</param>
    /// <param name="pinned">The slot whose image must stay in any case; null: none.</param>
    /// <exception cref="OperatorException">One of the two images runs and the other one is pinned.</exception>
    public static bool ActiveBecomesPassive(Slot? running, BootCounters counters, bool hasPassive, Slot? pinned) => (running, pinned) switch
    {
        (Slot.Passive, Slot.Active) => throw new OperatorException(
            "active is pinned and passive is running: no slot is free for a new image",
            "kboot unpin, or reboot into the pinned image first: kboot select active"),
        (_, Slot.Passive) => false,
        (_, Slot.Active) => true,
        (Slot.Active, _) => !hasPassive || counters.Active.Good || !counters.Passive.Good,
        (Slot.Passive, _) => counters.Active.Good && !counters.Passive.Good,
        _ => !hasPassive || counters.Active.Good && !counters.Passive.Good,
    };

    /// <summary>
    /// Selects a slot that the change does not touch for the next boot, while a name on the partition moves from one image to another. A
    /// power cut in between leaves the change in the journal. GRUB does not read the journal and would start the kernel of the old image;
    /// kairos-boot mounts after the journal is replayed and would use the new image.
    /// </summary>
    public static BootCounters WithOneShot(this BootCounters counters, Slot? steady) => counters with { Once = steady };

    /// <summary>The image that is good as active has the same tries as passive.</summary>
    public static BootCounters PassiveFromActive(this BootCounters counters, string image) =>
        counters.Reset(Slot.Passive).With(Slot.Passive, counters.Active with { Image = image });

    /// <summary>The slot gets an image that was never booted.</summary>
    /// <param name="counters">The counters before.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="image">Id of the image; empty: not known yet.</param>
    public static BootCounters WithNewImage(this BootCounters counters, Slot slot, string image) =>
        counters.Reset(slot).With(slot, new(BootCounter.Full, false, image));
}
