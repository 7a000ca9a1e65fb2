namespace KairosBoot.CloudConfig;

/// <summary>Comparisons of a template: texts with texts, numbers with numbers; nothing is converted.</summary>
internal static class TemplateComparison
{
    /// <summary>Whether the first argument is one of the others.</summary>
    internal static bool EqualsAny(List<object?> arguments)
    {
        if (arguments.Count < 2) throw new TemplateException("eq: something to compare with is missing");
        for (var i = 1; i < arguments.Count; i++)
            if (Same(arguments[0], arguments[i])) return true;
        return false;
    }

    private static bool Same(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (string x, string y) => x == y,
        (long x, long y) => x == y,
        (bool x, bool y) => x == y,
        _ => throw new TemplateException("eq: values of two kinds"),
    };

    /// <summary>Below, at or above zero as the first is before, at or behind the second.</summary>
    internal static int Compare(string name, List<object?> arguments) => arguments switch
    {
        [string x, string y] => string.CompareOrdinal(x, y),
        [long x, long y] => x.CompareTo(y),
        _ => throw new TemplateException($"{name}: takes two texts or two numbers"),
    };
}
