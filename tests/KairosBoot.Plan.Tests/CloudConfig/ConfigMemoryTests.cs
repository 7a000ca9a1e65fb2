using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests;

/// <summary>The memory for a large config, with everything that is allocated on the way, whether it is collected or not.</summary>
public sealed class ConfigMemoryTests : IDisposable
{
    private const int Size = 4_000_000;

    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Theory]
    [InlineData("stages:\n  boot:\n  - files:\n    - path: /a\n      content: |\n",
        "        a line of a file of about a hundred characters, as they are in most files of a config\n")]
    [InlineData("stages:\n  boot:\n  - files:\n    - path: /a\n      content: \"", "some text \\n")]
    [InlineData("stages: {}\n", "# a comment of a config, which may be as long as a line of text in other files is\n")]
    public void A_config_takes_at_most_eight_times_its_size(string start, string line)
    {
        var isQuoted = start.EndsWith('"');
        File.WriteAllText(file, start + string.Concat(Enumerable.Repeat(line, Size / line.Length)) + (isQuoted ? "\"\n" : ""));
        ConfigLint.CheckFiles([file]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(ConfigLint.CheckFiles([file]));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 8L * Size, $"{allocated} bytes for {Size}");
    }
}
