using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Four characters that stand for a step in the list of boots: a boot whose report has a step with another mark did something new. A
/// difference in the names of devices or in a time is none, because they change from boot to boot.
/// </summary>
public static class StepMark
{
    private const string Device = "/dev/";
    // Seconds since 1970 have ten digits.
    private const int MinTimeDigits = 9;

    /// <param name="command">The first line of the step's command.</param>
    public static string Of(string command)
    {
        // FNV-1a, 32 bits, folded to 24: enough for a hundred steps, and no other program has to compute it.
        var hash = 2166136261;
        foreach (var octet in Encoding.UTF8.GetBytes(WithoutTimes(WithoutDevices(command)))) hash = (hash ^ octet) * 16777619;
        hash = hash >> 24 ^ hash & 0xFFFFFF;
        return Convert.ToBase64String([(byte)(hash >> 16), (byte)(hash >> 8), (byte)hash]).Replace('+', '-').Replace('/', '_');
    }

    private static string WithoutDevices(string command)
    {
        var text = new StringBuilder(command.Length);
        for (var i = 0; i < command.Length; i++)
        {
            text.Append(command[i]);
            if (!command.AsSpan(0, i + 1).EndsWith(Device)) continue;
            while (i + 1 < command.Length && char.IsAsciiLetterOrDigit(command[i + 1])) i++;
        }

        return text.ToString();
    }

    // With the space before it: there may be one time, or several.
    private static string WithoutTimes(string command)
    {
        var text = new StringBuilder(command.Length);
        for (int i = 0, end; i < command.Length; i = end)
        {
            var from = end = command[i] == ' ' ? i + 1 : i;
            while (end < command.Length && char.IsAsciiDigit(command[end])) end++;
            if (end - from >= MinTimeDigits) continue;
            end = Math.Max(end, i + 1);
            text.Append(command, i, end - i);
        }

        return text.ToString();
    }
}
