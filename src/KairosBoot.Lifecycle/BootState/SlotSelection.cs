using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Chooses the slot to boot first, and the image that upgrades do not replace.</summary>
public static class SlotSelection
{
    private const int MenuThatCanBeShown = 4;

    /// <summary>Boots a slot next time only.</summary>
    /// <exception cref="OperatorException">The slot has no image.</exception>
    public static void SelectOnce(BootStateLocation location, Slot slot)
    {
        RequireImage(location, slot);
        location.Change(counters => counters with { Once = slot });
    }

    /// <summary>
    /// Boots a slot first from now on. A slot without tries gets all tries, because a permanent choice asks to boot it.
    /// </summary>
    /// <exception cref="OperatorException">The slot has no image.</exception>
    public static void SelectFirst(BootStateLocation location, Slot slot)
    {
        RequireImage(location, slot);
        location.Change(counters => (counters[slot].Left == 0 ? counters.Reset(slot) : counters) with { First = slot });
    }

    /// <summary>Shows the loader's menu at the next start, for a minute.</summary>
    /// <exception cref="OperatorException">The disk has no menu of kboot that does it.</exception>
    public static void ShowMenu(BootStateLocation location)
    {
        location.RequireCounters();
        if (!BootMenuUpdate.IsAtLeast(location.Directory, MenuThatCanBeShown))
        {
            throw new OperatorException($"{location.Directory} has no boot menu of kboot that can be told to show itself",
                "press ESC when GRUB starts; a kboot upgrade updates an older menu of kboot");
        }

        location.Change(counters => counters with { ShowMenu = true });
    }

    /// <summary>Boots the other one of active and passive first from now on.</summary>
    /// <returns>The slot that is first now, and the one that follows if it fails.</returns>
    /// <exception cref="OperatorException">The other slot has no image, or no tries left.</exception>
    public static (Slot First, Slot Fallback) RollBack(BootStateLocation location)
    {
        var after = location.Change(counters =>
            counters with { First = RequireBootable(location, counters, Other(counters.First)), Once = null });
        return (after.First, Other(after.First));
    }

    /// <summary>Protects the image in a slot.</summary>
    /// <param name="location">The counters.</param>
    /// <param name="named">Null: the booted slot.</param>
    /// <exception cref="OperatorException">The slot is recovery, has no image, or is not known.</exception>
    public static (Slot Slot, string Image) Pin(BootStateLocation location, Slot? named)
    {
        var slot = named ?? location.RequireBooted("active or passive");
        var image = location.ImageIn(slot) ?? throw new OperatorException(
            slot == Slot.Recovery ? "recovery cannot be pinned: an upgrade of the system never replaces it" : $"{slot.Name()} has no image",
            "name a slot with an image: active or passive");
        location.Change(counters => counters with { Pinned = image });
        return (slot, image);
    }

    /// <summary>Removes the protection.</summary>
    public static void Unpin(BootStateLocation location) => location.Change(counters => counters with { Pinned = "" });

    private static void RequireImage(BootStateLocation location, Slot slot)
    {
        if (location.HasImage(slot)) return;
        throw new OperatorException($"{slot.Name()} has no image to boot",
            slot == Slot.Recovery ? "write one: kboot upgrade --recovery --image FILE"
                : "choose a slot that kboot status shows with an image; the next upgrade creates the missing one");
    }

    private static Slot RequireBootable(BootStateLocation location, BootCounters counters, Slot slot)
    {
        if (location.ImageIn(slot) is null)
        {
            throw new OperatorException($"there is no {slot.Name()} image to roll back to",
                $"boot recovery instead: kboot select recovery; the next upgrade creates a {slot.Name()} image");
        }

        if (counters[slot].Left > 0) return slot;
        var reason = counters.Fault?.Slot == slot ? $"is marked bad ({counters.Fault.Sentence})" : "has no tries left";
        throw new OperatorException($"{slot.Name()} {reason}: a rollback would boot {counters.NextExcept([slot])?.Name() ?? "nothing"}",
            $"to boot it anyway, first run kboot assess reset {slot.Name()}");
    }

    private static Slot Other(Slot slot) => slot == Slot.Passive ? Slot.Active : Slot.Passive;
}
