using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>if_files</c>: the files in <c>all</c>, at least one in <c>any</c> and none in <c>none</c> must exist. Links are followed.
/// </summary>
internal static class IfFilesCondition
{
    internal static readonly ConditionKey Definition = new("if_files", Schema.MapOf(Schema.Texts), (value, run) =>
    {
        if (!Check((YamlMapping)value, run.Report)) return false;
        foreach (var (key, paths) in ((YamlMapping)value).Pairs)
        {
            List<YamlScalar> wanted = [.. YamlMapping.TextsOf(paths)];
            var found = 0;
            foreach (var path in wanted)
                if (Syscall.Access(path.Text)) found++;
            var holds = key.Text switch
            {
                "all" => found == wanted.Count,
                "any" => found > 0 || wanted.Count == 0,
                _ => found == 0,
            };
            if (!holds) return false;
        }
        return true;
    });

    /// <summary>False: a list has an unknown name.</summary>
    internal static bool Check(YamlMapping lists, Finding report)
    {
        foreach (var (key, _) in lists.Pairs)
        {
            if (key.Text is "all" or "any" or "none") continue;
            report(key.Line, "if_files", $"'{key.Text}' is not all, any or none: the entry never runs", isWarning: false);
            return false;
        }
        return true;
    }
}
