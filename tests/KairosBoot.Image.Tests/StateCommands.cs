using System.Diagnostics;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot on a mounted COS_STATE: two images, a block, and no machine around it.</summary>
public abstract class StateCommands : Scratch
{
    protected StateCommands()
    {
        foreach (var slot in (string[])["active", "passive"]) WriteText($"state/cOS/{slot}.img", $"the image of {slot}");
        Counters = new BootCounters { Active = new(1, true, ""), Passive = new(2, false, "") };
    }

    /// <summary>The words that start kboot.</summary>
    protected static string[] Program =>
        [Environment.ProcessPath!, "exec", "--depsfile", InOutput("KairosBoot.Image.Tests.deps.json"), InOutput("kboot.dll")];

    protected string State => PathOf("state");

    protected BootCounters Counters
    {
        get => BootBlock.Read(File.ReadAllBytes(PathOf("state/bootstate"))).Counters;
        set => File.WriteAllBytes(PathOf("state/bootstate"), BootBlock.Write(value));
    }

    protected string Run(int exitCode, params string[] arguments) => Run(exitCode, arguments, isOnState: true);

    protected string Run(int exitCode, string[] arguments, bool isOnState)
    {
        var (output, errors) = RunApart(exitCode, arguments, isOnState);
        return output + errors;
    }

    /// <summary>The same with standard output and standard error apart.</summary>
    private protected (string Output, string Errors) RunApart(int exitCode, string[] arguments, bool isOnState)
    {
        if (isOnState && !arguments.Contains("--state") && !arguments.Contains("--help") && arguments[0] != "image")
            arguments = [.. arguments, "--state", State];
        var start = new ProcessStartInfo(Program[0], [.. Program[1..], .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var kboot = Process.Start(start)!;
        var errors = kboot.StandardError.ReadToEndAsync();
        var output = kboot.StandardOutput.ReadToEnd();
        kboot.WaitForExit();
        Assert.True(kboot.ExitCode == exitCode,
            $"kboot {string.Join(' ', arguments)}: exit {kboot.ExitCode}\n{output}{errors.Result}");
        return (output, errors.Result);
    }

    private static string InOutput(string name) => Path.Combine(AppContext.BaseDirectory, name);
}
