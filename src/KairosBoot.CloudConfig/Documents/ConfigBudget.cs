using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The size limit of all configs of one stage together. A file that is read again for a later pass counts once.</summary>
/// <param name="limit">Bytes.</param>
internal sealed class ConfigBudget(long limit)
{
    private readonly Dictionary<string, long> sizes = [];
    // A refused file stays refused, with the same message in each pass.
    private readonly Dictionary<string, string> refused = [];
    private long total;

    /// <summary>
    /// Throws as <see cref="ConfigFiles.Read(string)"/>, and <see cref="OperatorException"/> if the total exceeds the limit.
    /// </summary>
    internal byte[] Read(ConfigFile file, ConfigDocuments documents)
    {
        var content = documents.Read(file, ReadLimit.Config with { Bytes = Math.Min(ReadLimit.Config.Bytes, limit) });
        Count(file.Path, content.Length);
        return content;
    }

    internal void Count(string name, long bytes)
    {
        var sum = total - sizes.GetValueOrDefault(name) + bytes;
        if (sum > limit) refused.TryAdd(name, $"{ReadLimit.StageConfigs.What} have {sum} bytes with this one; the limit is {limit}");
        if (refused.Count > 0 && refused.TryGetValue(name, out var problem))
            throw new OperatorException(problem, "make the configs smaller, or remove some");
        (sizes[name], total) = (bytes, sum);
    }
}
