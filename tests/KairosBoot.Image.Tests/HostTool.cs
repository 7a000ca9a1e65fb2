using System.Diagnostics;

namespace KairosBoot.Image.Tests;

/// <summary>The real programs, as the judges of what we write.</summary>
internal static class HostTool
{
    /// <summary>Standard output of a run that must succeed.</summary>
    internal static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{output}{errors.Result}");
        return output;
    }

    internal static string Shell(string command) => Run("sh", "-c", command);

    /// <summary>Removes a directory whose names and modes may be odd.</summary>
    internal static void Delete(string directory)
    {
        Run("chmod", "-R", "u+rwX", directory);
        Run("rm", "-rf", directory);
    }

    /// <summary>One debugfs request on a file system in a file.</summary>
    internal static string DebugFs(string image, string request) => Run("debugfs", "-R", request, image);
}
