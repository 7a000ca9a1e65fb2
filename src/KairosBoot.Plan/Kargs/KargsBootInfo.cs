using System.Globalization;

namespace KairosBoot.Plan;

/// <summary>
/// What GRUB reports about a machine's own arguments with <c>kairosboot.kargs=USED/LEFT-OUT</c>: two serials of <see cref="Kargs"/>.
/// </summary>
/// <param name="Used">Serial of the arguments that this boot has; 0: none.</param>
/// <param name="LeftOut">
/// Serial of the pending arguments that this boot does not have, because it is its slot's last try; null: none.
/// </param>
public readonly record struct KargsBootInfo(int Used, int? LeftOut)
{
    public const string Option = "kairosboot.kargs";

    /// <summary>Null: GRUB reported nothing, or an invalid value.</summary>
    public static KargsBootInfo? Of(KernelCommandLine commandLine)
    {
        if (commandLine.Last(Option)?.Split('/') is not [var used, var leftOut]) return null;
        var (number, other) = (TryNumber(used), TryNumber(leftOut));
        return (used.Length == 0 || number is not null) && (leftOut.Length == 0 || other is not null) ? new(number ?? 0, other) : null;
    }

    private static int? TryNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
