using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>sysctl</c>: kernel parameters. If the first separator is a slash, dots are part of the names: <c>net/ipv4/conf/eth0.100/forwarding</c>.</summary>
internal static class SysctlKey
{
    internal static readonly StageKey Definition = new("sysctl", Schema.MapOf(Schema.Text), (value, run) =>
    {
        foreach (var (name, setting) in ((YamlMapping)value).Pairs)
            if (setting is YamlScalar text) run.Attempt(name.Line, "sysctl", () => FileText.WriteAttribute(PathOf(name.Text), text.Text));
    });

    /// <summary>sysctl(8): the first separator in the name is the separator of the whole name.</summary>
    internal static string PathOf(string name)
    {
        if (name.Contains("..", StringComparison.Ordinal)) throw new FormatException($"{name} is not a kernel parameter");
        int dot = name.IndexOf('.'), slash = name.IndexOf('/');
        var dotted = dot >= 0 && (slash < 0 || dot < slash);
        return "/proc/sys/" + (dotted ? name.Replace('/', '\0').Replace('.', '/').Replace('\0', '.') : name);
    }
}
