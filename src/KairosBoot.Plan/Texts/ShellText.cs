namespace KairosBoot.Plan;

/// <summary>Text as a POSIX shell takes it.</summary>
public static class ShellText
{
    /// <summary>The word itself where a shell would not touch it, else in single quotes.</summary>
    public static string Quote(string word)
    {
        foreach (var c in word)
            if (!char.IsAsciiLetterOrDigit(c) && "/._-+=:,@%".IndexOf(c) < 0) return "'" + word.Replace("'", @"'\''") + "'";
        return word.Length == 0 ? "''" : word;
    }
}
