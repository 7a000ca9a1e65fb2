namespace KairosBoot.Plan;

/// <summary>
/// What kairos-boot understands of the disks and menus of kboot, as a number. It is raised when kboot starts to write something that an
/// older kairos-boot misreads. Programs from before the number have 0.
/// </summary>
public static class InitrdFormat
{
    /// <summary>The number of this version.</summary>
    public const int Current = 1;

    /// <summary>The lowest number that can boot the disks of this version. No disk has needed more than the first kairos-boot.</summary>
    public const int Min = 0;

    private const int MaxDigits = 6;

    /// <summary>
    /// What kairos-boot prints outside of an initrd. kboot searches for it in the program, which may be for another architecture.
    /// </summary>
    public static ReadOnlySpan<byte> Sentence => "kairos-boot format 1: /init of an initrd, no other use; see kboot --help\n"u8;

    private static ReadOnlySpan<byte> Mark => Sentence[.."kairos-boot format ".Length];

    /// <summary>The number of a kairos-boot.</summary>
    /// <param name="program">Its bytes; any file is accepted.</param>
    /// <returns>0 if it has none.</returns>
    public static int Of(ReadOnlySpan<byte> program)
    {
        for (int found; (found = program.IndexOf(Mark)) >= 0; program = program[(found + 1)..])
        {
            var number = 0;
            var digits = program[(found + Mark.Length)..];
            for (var i = 0; i < digits.Length && i <= MaxDigits; i++)
            {
                if (digits[i] == ':' && i > 0) return number;
                if (digits[i] is < (byte)'0' or > (byte)'9') break;
                number = number * 10 + digits[i] - '0';
            }
        }

        return 0;
    }

    /// <summary>Why a kairos-boot is too old for the disks of this kboot; null: it is not.</summary>
    /// <param name="program">Its bytes.</param>
    /// <param name="min">The lowest number that is accepted.</param>
    public static string? Problem(ReadOnlySpan<byte> program, int min = Min) => Of(program) is var found && found < min
        ? $"its kairos-boot has the format {found}, but the disks of this kboot need {min} or later" : null;
}
