using System.Diagnostics;

namespace KairosBoot.Boot.Tests;

/// <summary>Programs of the host that make disks: run to the end, or the test fails with what they said.</summary>
public static class Tool
{
    public static string Run(string program, params string[] arguments)
    {
        (int status, string said) = Try(program, arguments);
        return status == 0 ? said : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {status}\n{said}");
    }

    /// <summary>Its exit status, and what it printed; on failure, its errors too.</summary>
    public static (int Status, string Said) Try(string program, params string[] arguments)
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
