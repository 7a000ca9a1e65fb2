using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary><c>grep -q WORD FILE</c>: true if a line contains the word.</summary>
internal static class Grep
{
    // Literal in a basic expression, except the dot.
    private const string Signs = " _=/:,@%+-.";

    /// <summary>Null: only grep knows, because the word is a pattern, or the file is not ASCII text.</summary>
    /// <exception cref="OperatorException">The file is too large or not a regular one, so grep might not end.</exception>
    internal static bool? Find(string word, string path)
    {
        if (!IsLiteral(word) || !path.StartsWith('/')) return null;
        try
        {
            // grep exits with 2 for a missing file and for a directory.
            if (Syscall.TryStat(path)?.Type is null or FileType.Directory) return false;
            var isMadeUp = path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal);
            var content = isMadeUp ? BoundedFile.TryReadGenerated(path, ReadLimit.SystemFile)
                : BoundedFile.TryRead(path, ReadLimit.SystemFile);
            return content is null ? null : Find(word, content);
        }
        catch (SyscallException) { return null; }
    }

    /// <summary>The same in the content of a file.</summary>
    internal static bool? Find(string word, ReadOnlySpan<byte> content) =>
        content.Contains((byte)0) || !Ascii.IsValid(content) ? null : Contains(content, word);

    /// <summary>False: the word may be a pattern or an option.</summary>
    internal static bool IsLiteral(string word)
    {
        if (word.Length == 0 || word[0] == '-') return false;
        foreach (var c in word)
            if (!char.IsAsciiLetterOrDigit(c) && !Signs.Contains(c)) return false;
        return true;
    }

    private static bool Contains(ReadOnlySpan<byte> text, string word)
    {
        for (var start = 0; start + word.Length <= text.Length; start++)
        {
            var length = 0;
            // A dot matches any character of the line.
            while (length < word.Length && (word[length] == '.' ? text[start + length] != '\n' : text[start + length] == word[length]))
                length++;
            if (length == word.Length) return true;
        }
        return false;
    }
}
