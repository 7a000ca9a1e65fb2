using System.Diagnostics;

namespace KairosBoot.Boot.Tests;

/// <summary>Runs programs of the host. The test fails with their output if they fail.</summary>
public static class Tool
{
    public static string Run(string program, params string[] arguments)
    {
        (int status, string output) = Try(program, arguments);
        if (status == 0) return output;
        throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {status}\n{output}");
    }

    /// <summary>Exit status and output; on failure also the errors.</summary>
    public static (int Status, string Output) Try(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // sgdisk and mke2fs live there.
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }
}
