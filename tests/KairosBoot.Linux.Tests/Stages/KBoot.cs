using System.Diagnostics;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The shipped program, from initrd/build.sh.</summary>
internal static class KBoot
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(at.FullName + "/KairosBoot.sln"))
            {
                return File.Exists(at.FullName + "/out/kboot") ? at.FullName + "/out/kboot"
                    : throw new FileNotFoundException("out/kboot is missing: initrd/build.sh makes it");
            }
        }

        throw new DirectoryNotFoundException("no KairosBoot.sln above " + AppContext.BaseDirectory);
    }

    internal static (int Code, string Output, string Errors) Run(params string[] arguments) => RunWith("", Path, arguments);

    internal static (int Code, string Output, string Errors) RunWith(string input, string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience), "kboot does not end");
        return (process.ExitCode, output, errors.Result);
    }

    internal static Process Start(string program, params string[] arguments) => Process.Start(
        new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError =
            true
        })!;
}
