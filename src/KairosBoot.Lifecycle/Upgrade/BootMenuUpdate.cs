using System.Globalization;
using KairosBoot.Image;
using KairosBoot.Linux;

namespace KairosBoot.Lifecycle;

/// <summary>Replaces the boot menu of a machine by the newer one of this program, filled in for the machine.</summary>
public static class BootMenuUpdate
{
    internal const string Menu = "/grub/grub.cfg";
    private const string VersionLine = KairosMenu.OwnVersion, RecoveryLine = KairosMenu.OwnRecovery;

    /// <summary>The menu to write; null: the existing menu is kept.</summary>
    /// <param name="old">The existing menu.</param>
    /// <param name="note">A message about the result; null: none.</param>
    public static string? NewText(string old, out string? note)
    {
        note = null;
        if (Value(old, RecoveryLine) is not { } recovery)
        {
            note = "the boot menu was not written by kboot and is not changed";
            return null;
        }

        if (Architecture.Find(Syscall.Machine()) is not { } architecture) return null;
        var fresh = GrubMenu.Text(recovery, architecture);
        // A menu without a version is older than all versions.
        if (Version(fresh) <= Version(old)) return null;
        note = "the boot menu is updated too";
        return fresh;
    }

    /// <summary>The menu that an upgrade would write; null: it would keep the existing one. Writes nothing.</summary>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <param name="note">A message about the result; null: none.</param>
    internal static string? Find(string state, out string? note)
    {
        if (KairosMenu.IsOn(state))
        {
            note = "the boot menu is Kairos' own and is not changed; it counts no boots: if the new image does not boot, choose fallback";
            return null;
        }

        if (FileText.TryRead(state + Menu) is { } old) return NewText(old, out note);
        note = "this machine has no boot menu of kboot; its boot loader is not changed";
        return null;
    }

    /// <param name="slotSwitch">Makes COS_STATE writable.</param>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <returns>A message about the result; null: none.</returns>
    internal static string? Apply(SlotSwitch slotSwitch, string state)
    {
        var (menu, fresh) = (state + Menu, state + Menu + ".new");
        if (Find(state, out var note) is not { } text) return note;
        slotSwitch.Change(() =>
        {
            FileText.Write(fresh, text);
            using var file = Syscall.Open(fresh, OpenFlags.ReadOnly);
            Syscall.FSync(file);
        });
        // As with images: the blocks of the old menu are freed only after GRUB can read the new one.
        slotSwitch.Change(() => Syscall.Exchange(fresh, menu));
        slotSwitch.Change(() => Syscall.Unlink(fresh));
        return note;
    }

    /// <summary>The menu of a disk is at least of this version.</summary>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <param name="version">From 1.</param>
    internal static bool IsAtLeast(string state, int version) => FileText.TryRead(state + Menu) is { } text && Version(text) >= version;

    private static int Version(string text) =>
        int.TryParse(Value(text, VersionLine), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    // The rest of the line that starts with the text, without a closing quotation mark.
    private static string? Value(string text, string start) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) is { } line
        ? line[start.Length..].TrimEnd('"') : null;
}
