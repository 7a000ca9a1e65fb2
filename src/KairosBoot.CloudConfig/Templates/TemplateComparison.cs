namespace KairosBoot.CloudConfig;

/// <summary>Comparisons of template values: texts with texts, numbers with numbers, without conversion.</summary>
internal static class TemplateComparison
{
    /// <summary>Whether the first argument is one of the others.</summary>
    internal static bool EqualsAny(List<object?> arguments)
    {
        if (arguments.Count < 2) throw new TemplateException("eq: an argument is missing");
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
        _ => throw new TemplateException("eq: the values have different types"),
    };

    /// <summary>Less than 0, 0, or greater than 0, as for string.CompareOrdinal.</summary>
    internal static int Compare(string name, List<object?> arguments) => arguments switch
    {
        [string x, string y] => string.CompareOrdinal(x, y),
        [long x, long y] => x.CompareTo(y),
        _ => throw new TemplateException($"{name}: needs two texts or two numbers"),
    };
}
