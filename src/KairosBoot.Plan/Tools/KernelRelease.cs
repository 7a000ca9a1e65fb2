namespace KairosBoot.Plan;

/// <summary>
/// A kernel release as printed by <c>uname -r</c>, which is also the directory name of its modules: letters, digits and <c>. _ + - ~ ^
/// :</c>, at most 64 (struct new_utsname). It becomes part of paths, links and scripts, so all other characters are refused.
/// </summary>
public sealed record KernelRelease
{
    private const int MaxLength = 64;

    private KernelRelease(string text) => Text = text;

    public string Text { get; }

    /// <summary>Null: not a kernel release.</summary>
    public static KernelRelease? TryParse(string text)
    {
        if (text.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(text[0])) return null;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '+' or '-' or '~' or '^' or ':')) return null;
        return new KernelRelease(text);
    }

    /// <exception cref="OperatorException">Not a kernel release.</exception>
    /// <param name="text">The release.</param>
    /// <param name="place">Where it was found.</param>
    public static KernelRelease Parse(string text, string place) => TryParse(text) ?? throw new OperatorException(
        $"{ToolText.Show(place)}: '{ToolText.Show(text)}' is not a kernel release: at most {MaxLength} letters, digits and . _ + - ~ ^ :",
            "rename or remove it");

    /// <summary>Its version is this one or a later one; false also for a release that does not start with two numbers.</summary>
    public bool IsAtLeast(int major, int minor)
    {
        var numbers = Text.Split('.', '-');
        return numbers.Length > 1 && int.TryParse(numbers[0], out var first) && int.TryParse(numbers[1], out var second)
            && (first, second).CompareTo((major, minor)) >= 0;
    }

    public override string ToString() => Text;
}
