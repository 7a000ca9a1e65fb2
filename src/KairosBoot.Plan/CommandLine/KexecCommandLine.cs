using System.Text;

namespace KairosBoot.Plan;

/// <summary>The command line of another slot's kernel, made from that of the kernel which starts it.</summary>
public static class KexecCommandLine
{
    /// <param name="running">Command line of the running kernel.</param>
    /// <param name="next">What its kernel is to boot.</param>
    /// <param name="from">Slot of the running kernel.</param>
    /// <param name="triesLeft">Tries that the next slot has left, this boot's being taken; null where nothing counted.</param>
    /// <returns>What is about the slot anew, and in front, where no open quote can swallow it; behind it every other word as it was.</returns>
    public static string For(string running, BootRequest next, Slot from, int? triesLeft)
    {
        var line = new StringBuilder();
        line.Append("cos-img/filename=").Append(next.ImagePath).Append(" root=LABEL=").Append(next.Slot.Label());
        line.Append(" kairosboot.slot=").Append(next.Slot.Name());
        if (next.Why is { } why) line.Append(" kairosboot.why=").Append(why.Name());
        if (triesLeft is { } left) line.Append(" kairosboot.tries=").Append((char)('0' + left));
        line.Append(" kairosboot.kexec=").Append(from.Name());
        var position = 0;
        var forInit = false;
        while (KernelCommandLine.NextWord(running, ref position) is { } word)
        {
            var plain = KernelCommandLine.Unquoted(word);
            forInit |= plain == "--";
            if (forInit || !IsAboutSlot(plain)) line.Append(' ').Append(word);
        }
        return line.ToString();
    }

    private static bool IsAboutSlot(string word)
    {
        var equals = word.IndexOf('=');
        return (equals < 0 ? word : word[..equals]) is "cos-img/filename" or "root" or "rd.live.squashimg" or "kairosboot.slot" or "kairosboot.why"
            or "kairosboot.tries" or "kairosboot.kexec";
    }
}
