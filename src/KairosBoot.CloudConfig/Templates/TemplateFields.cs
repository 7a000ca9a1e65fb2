namespace KairosBoot.CloudConfig;

/// <summary>
/// Named values of a template. They are looked up when they are used, because some need a walk through /sys and most templates use few.
/// Values are <see cref="string"/>, <see cref="long"/>, <see cref="bool"/>, a list of values, or further fields; null is a missing value.
/// </summary>
/// <param name="lookup">The value of a name.</param>
/// <param name="mustExist">A missing value fails the template, as a field of a Go struct does. Otherwise it prints <c>&lt;no value&gt;</c>.</param>
internal sealed class TemplateFields(Func<string, object?> lookup, bool mustExist = false)
{
    internal object? this[string name] =>
        lookup(name) ?? (mustExist ? throw new TemplateException($"unknown field .{name}") : null);

    /// <summary>The same fields with all texts changed, also nested ones.</summary>
    internal TemplateFields Select(Func<string, string> change) => new(name => Change(lookup(name), change), mustExist);

    private static object? Change(object? value, Func<string, string> change)
    {
        if (value is TemplateFields fields) return fields.Select(change);
        if (value is not List<object?> list) return value is string text ? change(text) : value;
        var changed = new List<object?>(list.Count);
        foreach (var item in list) changed.Add(Change(item, change));
        return changed;
    }

    /// <summary>The fields below a name: <c>.Values</c>.</summary>
    internal static TemplateFields Under(string name, TemplateFields fields) => new(wanted => wanted == name ? fields : null);
}

/// <summary>A template that cannot be filled in. <see cref="Exception.Message"/> is the reason.</summary>
internal sealed class TemplateException(string reason) : Exception(reason);
