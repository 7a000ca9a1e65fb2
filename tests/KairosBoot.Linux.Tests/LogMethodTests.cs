using System.Text.RegularExpressions;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// The generator for [LoggerMessage] adds 3 KB or more to PID 1 for each combination of parameter types, and for a level that is a
/// parameter. So numbers are passed as text.
/// </summary>
public sealed partial class LogMethodTests
{
    [Fact]
    public void Log_methods_of_PID_1_take_text_only()
    {
        var methods = ((string[])["Init", "Execution", "Linux", "Plan", "CloudConfig"])
            .SelectMany(project => Directory.GetFiles(Path.Combine(TopDirectory(), "src/KairosBoot." + project), "*.cs",
                SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => LogMethod().Matches(File.ReadAllText(file)));
        Assert.True(methods.Count() >= 20);
        Assert.All(methods, method => Assert.All(method.Groups["parameters"].Value.Split(", "), parameter =>
            Assert.True(parameter.StartsWith("string ", StringComparison.Ordinal) || parameter == "ILogger logger", method.Value)));
    }

    [GeneratedRegex(@"\[LoggerMessage\(.*\)\]\n\s+[a-z ]+ partial void \w+\((?<parameters>[^)]*)\);")]
    private static partial Regex LogMethod();

    private static string TopDirectory()
    {
        DirectoryInfo? top = new(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(Path.Combine(top.FullName, "KairosBoot.sln"))) top = top.Parent;
        return top?.FullName ?? throw new DirectoryNotFoundException("no KairosBoot.sln above the tests");
    }
}
