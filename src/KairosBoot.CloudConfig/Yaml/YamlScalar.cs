namespace KairosBoot.CloudConfig;

/// <summary>A text and its style, because in YAML only plain text can be a number, a boolean or null.</summary>
internal sealed class YamlScalar : YamlNode
{
    private readonly YamlTree? tree;
    private readonly int node;
    private string? text;

    public YamlScalar(string text, bool isPlain, int line) : base(line) => (this.text, IsPlain) = (text, isPlain);

    internal YamlScalar(YamlTree tree, int node) : base(tree.Line(node)) =>
        (this.tree, this.node, IsPlain) = (tree, node, tree.IsPlain(node));

    public string Text => text ??= tree!.Text(node);

    /// <summary>The text as a part of the path of a key, which is quoted if the path would be unclear.</summary>
    public string Name => NameOf(Text);

    /// <inheritdoc cref="Name"/>
    internal static string NameOf(string text)
    {
        foreach (var c in text)
            if (!char.IsLetterOrDigit(c) && !"_-./@+*<".Contains(c)) return $"'{text}'";
        return text.Length > 0 && text[0] != '.' && text[^1] != '.' ? text : $"'{text}'";
    }

    /// <summary>Not quoted, not a block and not tagged.</summary>
    public bool IsPlain { get; }

    public override string Kind => IsNull ? "nothing" : "a text";

    public bool IsNull => IsPlain && Text is ("" or "~" or "null" or "Null" or "NULL");

    /// <summary>A YAML 1.1 boolean, as existing configs use them. Null: not a boolean.</summary>
    public bool? Boolean() => !IsPlain ? null : Text switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    };

    /// <summary>A YAML 1.1 integer: <c>0644</c>, <c>0o644</c>, <c>0x1a4</c>, <c>0b110</c>, <c>1_000</c>. Null: not an integer.</summary>
    public long? Integer() => IsPlain ? ParseInteger(Text) : null;

    internal static long? ParseInteger(string text)
    {
        var digits = text.Replace("_", "").AsSpan();
        var negative = digits.StartsWith("-");
        if (negative || digits.StartsWith("+")) digits = digits[1..];
        var radix = digits.Length < 2 || digits[0] != '0' ? 10 : char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'b' => 2, _ => 8 };
        if (radix != 10) digits = digits[(digits[1] is 'x' or 'X' or 'o' or 'O' or 'b' or 'B' ? 2 : 1)..];
        return ParseDigits(digits, radix) is { } value ? (negative ? -value : value) : null;
    }

    private static long? ParseDigits(ReadOnlySpan<char> digits, int radix)
    {
        if (digits.IsEmpty || digits.Length > 63) return null;
        long value = 0;
        foreach (var c in digits)
        {
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'f' => c - 'a' + 10,
                >= 'A' and <= 'F' => c - 'A' + 10,
                _ =>
                radix
            };
            if (digit >= radix || value > (long.MaxValue - digit) / radix) return null;
            value = value * radix + digit;
        }
        return value;
    }
}
