using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>modules</c>: kernel modules with their parameters, loaded by modprobe of the image, which has its dependencies and options.</summary>
internal static class ModulesKey
{
    internal static readonly StageKey Definition = new("modules", Schema.Texts, (value, run) =>
    {
        foreach (var module in YamlMapping.TextsOf(value))
        {
            var words = module.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && !IsLoaded(module.Text)) run.RunTool("modprobe", ["--", .. words], module.Line, "modules");
        }
    });

    private static bool IsLoaded(string name)
    {
        foreach (var line in (FileText.TryReadAttribute("/proc/modules") ?? "").Split('\n'))
            if (line.StartsWith(name + " ", StringComparison.Ordinal)) return true;
        return false;
    }
}
