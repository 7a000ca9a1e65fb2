using System.Globalization;

namespace KairosBoot.Linux;

/// <summary>What the kernel has asked a disk, and whether it answers.</summary>
internal static class DiskRequests
{
    /// <summary>A disk that answers nothing for this time does not answer.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private const int FewAnswers = 64;
    private static readonly TimeSpan AnswerPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Requests that it has answered, and whether any is unanswered.</summary>
    /// <param name="disk">The kernel's name of a whole disk.</param>
    // Documentation/block/stat.rst: the first field counts completed reads, the fifth completed writes, the ninth requests in flight.
    public static (long Answered, bool IsBusy) Of(string disk)
    {
        var fields = (FileText.TryReadAttribute($"{BlockDeviceScan.ClassBlock}/{disk}/stat") ?? "")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 9 ? (0, false) : (Parse(fields[0]) + Parse(fields[4]), fields[8] != "0");
    }

    /// <summary>
    /// The disk has requests and has not answered any for two seconds, and so few before that the kernel may still be reading its partition
    /// table: until it has, every open blocks, and no signal ends that. A disk in use may be slow for longer, but has answered many.
    /// </summary>
    public static bool AreUnanswered(string disk)
    {
        var (answered, isBusy) = Of(disk);
        if (!isBusy || answered >= FewAnswers) return false;
        var end = Syscall.BootTimeMicroseconds() + (long)AnswerLimit.TotalMicroseconds;
        while (Syscall.BootTimeMicroseconds() < end)
        {
            Syscall.Pause(AnswerPoll);
            var (now, isStillBusy) = Of(disk);
            if (now != answered || !isStillBusy) return false;
        }
        return true;
    }

    private static long Parse(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
