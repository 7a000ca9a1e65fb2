using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>Work that has one place in the sources: the next user of it calls that place.</summary>
public sealed class OneOfEachTests
{
    private static IEnumerable<string> FilesWith(string pattern) =>
        from file in Sources.All where Regex.IsMatch(file.Text, pattern) select file.Path["KairosBoot.".Length..^".cs".Length];

    [Fact]
    public void Programs_are_started_by_ChildProcess_only()
    {
        Assert.Empty(FilesWith(@"\bProcessStartInfo\b|Diagnostics\.Process\b|(?<![\w.])Process\.\w+\(|\bnew Process\("));
        Assert.Equal(["Linux/Processes/ChildProcess.Spawn", "Linux/Syscalls/Native"], FilesWith(@"\bposix_spawn\("));
    }
}
