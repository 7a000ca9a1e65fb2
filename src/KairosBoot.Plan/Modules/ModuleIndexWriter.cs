using System.Text;

namespace KairosBoot.Plan;

/// <summary>Writes the text that <see cref="ModuleIndex"/> reads. The output depends only on the modules.</summary>
public static class ModuleIndexWriter
{
    /// <param name="graph">The kernel's modules.</param>
    /// <param name="packed">Names of the modules in the initrd, with all their dependencies.</param>
    /// <param name="always">Names to load on any hardware, in order; built-in ones are left out.</param>
    public static string ToText(ModuleGraph graph, IReadOnlySet<string> packed, IEnumerable<string> always)
    {
        var text = new StringBuilder();
        text.Append(ModuleIndex.Header).Append('\n').Append("release ").Append(graph.Release).Append('\n');
        foreach (var name in always.Where(packed.Contains))
            text.Append("always ").Append(name).Append('\n');
        var builtIn = graph.BuiltIn.Order(StringComparer.Ordinal).ToList();
        foreach (var (alias, module) in FileSystemNames(graph, packed).Order())
            text.Append("name ").Append(alias).Append(' ').Append(module).Append('\n');
        foreach (var name in packed.Order(StringComparer.Ordinal))
            text.Append("load ").Append(name).Append(' ').AppendJoin(' ', graph.LoadOrder(name)).Append('\n');
        if (builtIn.Count > 0) text.Append("builtin ").AppendJoin(' ', builtIn).Append('\n');
        AppendAliases(text, graph, packed);
        return text.ToString();
    }

    // The kernel requests a file system as fs-TYPE; TYPE is not always the module's name (iso9660 is isofs).
    private static IEnumerable<(string Alias, string Module)> FileSystemNames(ModuleGraph graph, IReadOnlySet<string> packed) =>
        graph.Aliases
            .Where(row => row.Pattern.StartsWith("fs-", StringComparison.Ordinal)
                && (packed.Contains(row.Module) || graph.BuiltIn.Contains(row.Module)))
            .Select(row => (ModuleName.Normalize(row.Pattern), row.Module))
            .Distinct();

    private static void AppendAliases(StringBuilder text, ModuleGraph graph, IReadOnlySet<string> packed)
    {
        var byBus = graph.Aliases
            .Where(row => packed.Contains(row.Module) && row.Pattern.Contains(':') && !KeyboardDrivers.Own.Contains(row.Module))
            .Distinct()
            .GroupBy(row => BusOf(row.Pattern))
            .OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (var bus in byBus)
        {
            text.Append("bus ").Append(bus.Key).Append('\n');
            var skip = bus.Key == "*" ? 0 : bus.Key.Length + 1;
            foreach (var (pattern, module) in bus.OrderBy(row => row.Pattern, StringComparer.Ordinal).ThenBy(row => row.Module,
                StringComparer.Ordinal))
            {
                text.Append(' ').Append(pattern.AsSpan(skip)).Append(' ').Append(module).Append('\n');
            }
        }
    }

    private static string BusOf(string pattern)
    {
        var bus = pattern[..pattern.IndexOf(':')];
        return bus.AsSpan().IndexOfAny('*', '?', '[') >= 0 ? "*" : bus;
    }
}
