using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// The boot menu of a disk that Kairos has installed. It reads neither kboot's counters nor its kernel arguments; its own options are in
/// /oem/grubenv.
/// </summary>
public static class KairosMenu
{
    /// <summary>At the start of a menu that kboot wrote.</summary>
    internal const string OwnVersion = "# kairosboot-menu ", OwnRecovery = "set recovery=\"$disk,gpt";

    private static readonly string[] Places = ["/grub2/grub.cfg", "/grub/grub.cfg"];

    // What every menu of Kairos has: its options, and the path of the image for the initrd.
    private const string Options = "/grubenv", ImagePath = "cos-img/filename";

    /// <summary>The disk has a menu of Kairos, and none of kboot.</summary>
    /// <param name="state">Mount point of COS_STATE.</param>
    public static bool IsOn(string state)
    {
        var found = false;
        foreach (var place in Places)
        {
            if (TryRead(state + place) is not { } menu) continue;
            if (IsOwn(menu)) return false;
            found |= menu.Contains(Options, StringComparison.Ordinal) || menu.Contains(ImagePath, StringComparison.Ordinal);
        }

        return found;
    }

    // A menu that only root may read must not keep others from kboot status.
    private static string? TryRead(string path)
    {
        try { return BoundedFile.TryReadText(path, ReadLimit.SystemText); }
        catch (SyscallException e) when (e.Errno == Errno.EACCES) { return null; }
    }

    private static bool IsOwn(string menu) =>
        menu.StartsWith(OwnVersion, StringComparison.Ordinal) || menu.Contains("\n" + OwnRecovery, StringComparison.Ordinal);

    /// <summary>
    /// As <see cref="IsOn"/>, and the disk has no counters of kboot. Nothing would maintain them: kboot must not create them.
    /// </summary>
    public static bool IsWithoutCounters(string state) => Syscall.TryStat(state + SystemPaths.BootState) is null && IsOn(state);

    /// <summary>Why a command that needs the counters is refused.</summary>
    internal static OperatorException NoCounters => new(
        "this disk has the boot menu of Kairos, which does not use kboot's boot counters",
        "choose the slot with Kairos' options: grub-editenv /oem/grubenv set next_entry=fallback for the next start, saved_entry= " +
        "for all (cos, fallback, recovery)");

    /// <summary>Refuses to change kernel arguments that nothing would read.</summary>
    /// <exception cref="OperatorException">The menu is Kairos'.</exception>
    public static void RequireOwn(string state)
    {
        if (!IsOn(state)) return;
        throw new OperatorException("this disk has the boot menu of Kairos, which does not read kboot's kernel arguments",
            "use Kairos' options: grub-editenv /oem/grubenv set extra_cmdline='WORDS' (for one slot: extra_active_cmdline, " +
            "extra_passive_cmdline, extra_recovery_cmdline)");
    }
}
