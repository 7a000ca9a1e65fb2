namespace KairosBoot.Plan;

/// <summary>Text for a POSIX shell.</summary>
public static class ShellText
{
    // Letters, digits and / . _ - + = : , @ %
    private const ulong PlainLow = 0x27FF_F820_0000_0000, PlainHigh = 0x07FF_FFFE_87FF_FFFF;

    /// <summary>The word itself if a shell does not interpret it, else in single quotes.</summary>
    public static string Quote(string word)
    {
        foreach (var c in word)
        {
            // In a table of bits: a command is put together for each step.
            if (c < 128 && (((c < 64 ? PlainLow : PlainHigh) >> (c & 63)) & 1) != 0) continue;
            return "'" + word.Replace("'", @"'\''") + "'";
        }
        return word.Length == 0 ? "''" : word;
    }
}
