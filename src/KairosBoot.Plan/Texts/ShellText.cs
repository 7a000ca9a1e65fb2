namespace KairosBoot.Plan;

/// <summary>Text for a POSIX shell.</summary>
public static class ShellText
{
    /// <summary>The word itself if a shell does not interpret it, else in single quotes.</summary>
    public static string Quote(string word)
    {
        foreach (var c in word)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or '=' or ':' or ',' or '@' or '%') continue;
            return "'" + word.Replace("'", @"'\''") + "'";
        }
        return word.Length == 0 ? "''" : word;
    }
}
