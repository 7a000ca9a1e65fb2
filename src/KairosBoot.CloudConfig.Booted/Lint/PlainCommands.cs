using System.Buffers;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// Recognizes scripts of plain words, which every shell can parse: <c>systemctl enable nginx</c>. Everything else is for a shell.
/// </summary>
internal static class PlainCommands
{
    // A longer script is also checked for the length that a shell accepts.
    private const int MaxLength = 1000;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:,=@%+ \n");

    // The reserved words of POSIX and bash that have only letters.
    private static readonly string[] Reserved =
    [
        "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "function", "select", "time",
        "coproc", "namespace",
    ];

    internal static bool Are(string script)
    {
        if (script.Length > MaxLength || script.AsSpan().ContainsAnyExcept(Plain)) return false;
        // `sh -c +x`: an option.
        if (script is ['-' or '+', ..]) return false;
        foreach (var word in script.Split([' ', '\n']))
            if (Reserved.Contains(word)) return false;
        return true;
    }
}
