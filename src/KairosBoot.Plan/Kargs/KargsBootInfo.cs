using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>What GRUB says about a machine's own arguments with <c>kairosboot.kargs=USED/LEFT-OUT</c>, both serials of <see cref="Kargs"/>.</summary>
/// <param name="Used">The ones this boot has; 0 where there were none.</param>
/// <param name="LeftOut">The ones on trial that this boot does not have, because it is its slot's last try; null where there were none.</param>
public readonly record struct KargsBootInfo(int Used, int? LeftOut)
{
    public const string Option = "kairosboot.kargs";

    /// <summary>Null: GRUB said nothing, or nothing possible.</summary>
    public static KargsBootInfo? Of(KernelCommandLine commandLine)
    {
        if (commandLine.Last(Option)?.Split('/') is not [var used, var leftOut]) return null;
        var (number, other) = (TryNumber(used), TryNumber(leftOut));
        return (used.Length == 0 || number is not null) && (leftOut.Length == 0 || other is not null) ? new(number ?? 0, other) : null;
    }

    private static int? TryNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
