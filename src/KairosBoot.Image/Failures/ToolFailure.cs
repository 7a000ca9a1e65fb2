using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A tool that ran and failed: what it printed, and the fix for the reason that it gives.</summary>
public static class ToolFailure
{
    private const int SignalExitCode = 128, MaxLines = 3;

    // Reasons of the tools that are no errno: e2fsprogs (lib/ext2fs/ext2_err.et) and squashfs-tools.
    private static readonly (string Text, string Fix)[] Reasons =
    [
        ("Could not allocate", "give a larger --size, or omit it"),
        ("failed to allocate", "free memory, or run kboot where more is available: free -m; ulimit -a"),
        ("Out of memory", "free memory, or run kboot where more is available: free -m; ulimit -a"),
        ("Memory allocation failed", "free memory, or run kboot where more is available: free -m; ulimit -a"),
        ("too many symbolic links", "check where the links in the tree lead: find ROOT -xtype l"),
    ];

    /// <param name="tool">The program.</param>
    /// <param name="exitCode">As in <see cref="Linux.ToolResult"/>; 0 if only its output shows that it failed.</param>
    /// <param name="output">Its messages.</param>
    /// <param name="path">The file that it wrote or read; null: not known.</param>
    public static OperatorException Of(Tool tool, int exitCode, string output, string? path)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(MaxLines).ToList();
        var how = exitCode > SignalExitCode ? $"was ended by signal {exitCode - SignalExitCode}"
            : lines.Count == 0 ? $"failed with exit code {exitCode} and no message" : "failed";
        var message = lines.Count == 0 ? "" : $": {string.Join("; ", lines)}";
        return new($"{tool.Name} {how}{message}", Fix(tool, exitCode, output, path));
    }

    private static string Fix(Tool tool, int exitCode, string output, string? path)
    {
        foreach (var (text, fix) in Reasons)
            if (output.Contains(text, StringComparison.OrdinalIgnoreCase)) return fix;
        if (HostFix.InOutput(output, path) is { } known) return known;
        // The kernel ends a program with signal 9 if memory is short, and with 25 at the limit of a file's size.
        return exitCode switch
        {
            SignalExitCode + 9 => "free memory, and look for a message of the kernel about it: dmesg | tail; free -m",
            SignalExitCode + 25 => HostFix.Of(Linux.Errno.EFBIG, path),
            > SignalExitCode => $"look for the cause in the kernel's messages (dmesg | tail), and install the package {tool.Package} again",
            _ => tool.Hint ?? $"correct what {tool.Name} reports, or install another version of the package {tool.Package}",
        };
    }
}
