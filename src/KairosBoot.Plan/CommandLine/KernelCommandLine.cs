using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>One word of the kernel command line. A word without <c>=</c> has no value.</summary>
public readonly record struct KernelParameter(string Name, string? Value);

/// <summary>
/// The kernel command line, read once. Quoting as in the kernel's lib/cmdline.c next_arg: double quotes keep spaces together and are
/// dropped; everything after a lone <c>--</c> is for the real init and not looked at.
/// </summary>
public sealed class KernelCommandLine
{
    private KernelCommandLine(string text, ImmutableArray<KernelParameter> parameters)
    {
        Text = text;
        Parameters = parameters;
    }

    public string Text { get; }
    public ImmutableArray<KernelParameter> Parameters { get; }

    public static KernelCommandLine Parse(string text)
    {
        var parameters = ImmutableArray.CreateBuilder<KernelParameter>();
        var position = 0;
        while (NextWord(text, ref position) is { } written)
        {
            var word = Unquoted(written);
            if (word == "--") break;
            var equals = word.IndexOf('=');
            parameters.Add(equals < 0 ? new(word, null) : new(word[..equals], word[(equals + 1)..]));
        }
        return new KernelCommandLine(text.Trim(), parameters.ToImmutable());
    }

    /// <summary>The next word from there on, with its quotes; null at the end.</summary>
    internal static string? NextWord(string text, ref int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        if (position == text.Length) return null;
        var start = position;
        var quoted = false;
        for (; position < text.Length && (quoted || !char.IsWhiteSpace(text[position])); position++)
            if (text[position] == '"') quoted = !quoted;
        return text[start..position];
    }

    internal static string Unquoted(string word) => word.Replace("\"", "");

    /// <summary>True where the word stands there, with or without a value.</summary>
    public bool Has(string name)
    {
        foreach (var parameter in Parameters)
            if (parameter.Name == name) return true;
        return false;
    }

    /// <summary>Value of the last occurrence: the last one wins, as it does in the kernel. Null where it is absent or has none.</summary>
    public string? Last(string name)
    {
        string? value = null;
        foreach (var parameter in Parameters)
            if (parameter.Name == name) value = parameter.Value;
        return value;
    }
}
