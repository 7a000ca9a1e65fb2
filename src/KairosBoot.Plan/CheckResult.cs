using System.Text;

namespace KairosBoot.Plan;

/// <summary>The result of a file-system check.</summary>
public enum CheckOutcome
{
    /// <summary>It found nothing wrong.</summary>
    Clean,
    /// <summary>It found errors and repaired all of them.</summary>
    Corrected,
    /// <summary>It left errors, or it was not completed: the file system must not be written to.</summary>
    Uncorrected,
}

/// <summary>The exit status of an fsck program, decoded. fsck(8): the status is a sum of bits.</summary>
/// <param name="outcome">The result.</param>
/// <param name="text">The result as a sentence: <c>fsck.ext4 repaired it (exit 1)</c>.</param>
public sealed class CheckResult(CheckOutcome outcome, string text)
{
    public CheckOutcome Outcome => outcome;
    public string Text => text;
    public bool Sound => outcome != CheckOutcome.Uncorrected;

    private const int Corrected = 1, RebootWanted = 2, Uncorrected = 4;

    // The check was not done. From 128 on, a signal ended it (128 itself: a shared library is missing).
    private static readonly (int Bit, string Text)[] Failures =
        [(8, "operational error"), (16, "usage or syntax error"), (32, "cancelled"), (64, "unknown error")];

    /// <param name="program">Name of the program.</param>
    /// <param name="exitCode">Its exit status; 128 + n: signal n ended it.</param>
    /// <param name="timedOut">It was killed because it did not finish in time.</param>
    public static CheckResult Of(string program, int exitCode, bool timedOut)
    {
        if (timedOut) return new(CheckOutcome.Uncorrected, $"{program} did not finish in time and was killed");
        if (exitCode > 128) return new(CheckOutcome.Uncorrected, $"{program} was killed by signal {exitCode - 128}");
        // Bit 2 asks for a reboot because the file system is in use. This one was not: it is mounted after the check.
        if ((exitCode & ~(Corrected | RebootWanted)) == 0)
        {
            return exitCode == 0
                ? new(CheckOutcome.Clean, $"{program} found nothing wrong")
                : new(CheckOutcome.Corrected, $"{program} repaired it (exit {exitCode})");
        }

        var said = new StringBuilder(program);
        if ((exitCode & Uncorrected) != 0) said.Append(" left errors uncorrected");
        var failed = false;
        foreach (var (bit, failure) in Failures)
        {
            if ((exitCode & bit) != 0)
            {
                said.Append(failed ? ", " : (exitCode & Uncorrected) != 0 ? " and did not check everything: " : " did not check it: ")
                    .Append(failure);
                failed = true;
            }
        }

        if (exitCode == 128) said.Append(" did not check it: a shared library is missing");
        return new(CheckOutcome.Uncorrected, said.Append(" (exit ").Append(exitCode).Append(')').ToString());
    }
}
