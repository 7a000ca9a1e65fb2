using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The protocol between PID 1 and the process of the stages. PID 1 asks with one line, <c>STAGE IMAGE</c>. The process answers on its
/// standard output, one line each, with fields that are separated by tabs: <c>problem FILE LINE ENTRY KEY REASON</c>, <c>warning</c> with
/// the same fields,
/// <c>userdata DEVICE MODEL SERIAL SHA256</c>, <c>used PEAK-KIB COMMANDS-MICROSECONDS DISKS-CHANGED</c> (0 or 1), and a dot at the start of
/// an entry, at most once a second.
/// </summary>
internal static class StageProtocol
{
    /// <summary>The log has all problems; the report has no more than a person reads.</summary>
    public const int MaxProblems = 200;

    public static string Question(string stage, string image) => $"{stage}\t{image}";

    /// <summary>The stage, and where its image is mounted.</summary>
    public static (string Stage, string Image) Asked(string question)
    {
        var tab = question.IndexOf('\t');
        return (question[..tab], question[(tab + 1)..]);
    }

    public static void Problem(ConfigProblem problem) => Print(string.Join('\t', (string[])[problem.IsWarning ? "warning" : "problem",
        Field(problem.File), problem.Line.ToString(), Field(problem.Entry), Field(problem.Key), Field(problem.Reason)]) + "\n");

    public static void UserData(UserDataMark volume) =>
        Print($"userdata\t{Field(volume.Device)}\t{Field(volume.Model ?? "")}\t{Field(volume.Serial ?? "")}\t{Field(volume.Sha256)}\n");

    public static void Alive() => Print(".\n");

    public static void Used(StageReport report) =>
        Print($"used\t{PeakResidentKiB()}\t{report.CommandMicroseconds}\t{(report.DisksChanged ? 1 : 0)}\n");

    /// <param name="output">What the process wrote.</param>
    public static StageOutcome Read(string output)
    {
        var problems = ImmutableArray.CreateBuilder<ConfigProblem>();
        var userData = ImmutableArray.CreateBuilder<UserDataMark>();
        long peakKiB = 0, commands = 0;
        var disksChanged = true; // until the process reports that they have not
        foreach (var line in output.Split('\n'))
        {
            var fields = line.Split('\t');
            if (fields is ["problem" or "warning", var file, var number, var entry, var key, var reason])
            {
                problems.Add(new(file, int.TryParse(number, CultureInfo.InvariantCulture, out var n) ? n : 0, entry, key, reason,
                    fields[0] == "warning"));
            }
            else if (fields is ["userdata", var device, var model, var serial, var digest])
            {
                userData.Add(new(device, model.Length > 0 ? model : null, serial.Length > 0 ? serial : null, digest));
            }
            else if (fields is ["used", var size, var time, var changed])
            {
                _ = long.TryParse(size, CultureInfo.InvariantCulture, out peakKiB);
                _ = long.TryParse(time, CultureInfo.InvariantCulture, out commands);
                disksChanged = changed != "0";
            }
        }
        return new StageOutcome(problems.ToImmutable())
        {
            PeakResidentKiB = peakKiB, CommandMicroseconds = commands,
            DisksChanged = disksChanged, UserData = userData.ToImmutable()
        };
    }

    /// <summary>VmHWM of this process: proc(5).</summary>
    public static long PeakResidentKiB()
    {
        foreach (var line in (FileText.TryReadAttribute("/proc/self/status") ?? "").Split('\n'))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal) &&
                long.TryParse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture, out var size))
            {
                return size;
            }
        }

        return 0;
    }

    public static void Print(string text) => Print(Encoding.UTF8.GetBytes(text));

    public static void Print(ReadOnlySpan<byte> text)
    {
        using var output = new FileHandle(1, "standard output");
        try { Syscall.WriteAll(output, text); }
        finally { output.SetHandleAsInvalid(); } // this process must not close it
    }

    private static string Field(string text) => text.Replace('\t', ' ').Replace('\n', ' ').Replace('\0', ' ');
}
