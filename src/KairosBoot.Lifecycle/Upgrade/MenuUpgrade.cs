using System.Globalization;
using KairosBoot.Image;
using KairosBoot.Linux;

namespace KairosBoot.Lifecycle;

/// <summary>Brings the boot menu of a machine to the state of this program's, with what in it is the machine's own.</summary>
public static class MenuUpgrade
{
    private const string VersionLine = "# kairosboot-menu ", RecoveryLine = "set recovery=\"$disk,gpt";

    /// <summary>The menu to write; null: the one that is there stays.</summary>
    /// <param name="old">The menu that is there.</param>
    /// <param name="note">What is to be said about it; null: nothing.</param>
    public static string? Text(string old, out string? note)
    {
        note = null;
        if (Value(old, RecoveryLine) is not { } recovery)
        {
            note = "the boot menu was not written by kboot and is not changed";
            return null;
        }

        var fresh = GrubMenu.Text(recovery);
        // A menu before the first with a number is older than all of those.
        if (Version(fresh) <= Version(old)) return null;
        note = "the boot menu is updated too";
        return fresh;
    }

    /// <param name="turnover">Its partition is that of the menu.</param>
    /// <param name="state">COS_STATE, mounted.</param>
    /// <returns>What was done, in words; null: nothing.</returns>
    internal static string? Apply(SlotSwitch turnover, string state)
    {
        var (menu, fresh) = (state + "/grub/grub.cfg", state + "/grub/grub.cfg.new");
        if (FileText.TryRead(menu) is not { } old)
            return "this machine has no boot menu of kboot; its boot loader is not changed";
        if (Text(old, out var note) is not { } text) return note;
        turnover.Change(() =>
        {
            FileText.Write(fresh, text);
            using var file = Syscall.Open(fresh, OpenFlags.ReadOnly);
            Syscall.FSync(file);
        });
        // As with images: the old one is free only when GRUB has the new one.
        turnover.Change(() => Syscall.Exchange(fresh, menu));
        turnover.Change(() => Syscall.Unlink(fresh));
        return note;
    }

    private static int Version(string text) => int.TryParse(Value(text, VersionLine), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    // What is behind the start of a line, without a quotation mark at its end.
    private static string? Value(string text, string start) => text.Split('\n').FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) is { } line
        ? line[start.Length..].TrimEnd('"') : null;
}
