using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>How much the configs of one stage have together. A file that is read again for a later pass counts once.</summary>
/// <param name="limit">Bytes.</param>
internal sealed class ConfigBudget(long limit)
{
    private readonly Dictionary<string, long> sizes = [];
    // Once refused, a file stays refused, with the same words: for each pass of a stage it is read again.
    private readonly Dictionary<string, string> refused = [];
    private long total;

    /// <summary>Throws as <see cref="ConfigFiles.Read(string)"/>, and <see cref="OperatorException"/> where it does not fit with those before.</summary>
    internal string Read(string file)
    {
        var content = ConfigFiles.Read(file, ReadLimit.Config with { Bytes = Math.Min(ReadLimit.Config.Bytes, limit) });
        Count(file, content.Length);
        return Encoding.UTF8.GetString(content);
    }

    internal void Count(string name, long bytes)
    {
        var sum = total - sizes.GetValueOrDefault(name) + bytes;
        if (sum > limit) refused.TryAdd(name, $"{ReadLimit.StageConfigs.What} have {sum} bytes with this one; they may have {limit}");
        if (refused.TryGetValue(name, out var problem)) throw new OperatorException(problem, "make the configs smaller, or remove some");
        (sizes[name], total) = (bytes, sum);
    }
}
