using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>One word of the kernel command line. A word without <c>=</c> has no value.</summary>
public readonly record struct KernelParameter(string Name, string? Value);

/// <summary>
/// The kernel command line. Quoting as in the kernel's lib/cmdline.c next_arg: double quotes keep spaces together and are removed.
/// Everything after a lone <c>--</c> belongs to the real init and is ignored.
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

    /// <summary>The next word from the position on, with its quotes; null at the end.</summary>
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

    /// <summary>True if the word occurs, with or without a value.</summary>
    public bool Has(string name)
    {
        foreach (var parameter in Parameters)
            if (parameter.Name == name) return true;
        return false;
    }

    /// <summary>The value of the last occurrence, which wins as in the kernel. Null: the word does not occur or has no value.</summary>
    public string? Last(string name)
    {
        string? value = null;
        foreach (var parameter in Parameters)
            if (parameter.Name == name) value = parameter.Value;
        return value;
    }
}
