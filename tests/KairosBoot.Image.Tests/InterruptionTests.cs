using System.Diagnostics;
using System.Security.Cryptography;

namespace KairosBoot.Image.Tests;

public class InterruptionTests : Scratch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public InterruptionTests()
    {
        SyntheticKernel.MakeSystem(PathOf("root"));
        Directory.CreateDirectory(PathOf("out"));

        // Some seconds of work for mksquashfs.
        File.WriteAllBytes(PathOf("root/large"), RandomNumberGenerator.GetBytes(128 << 20));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void A_signal_ends_kboot_and_its_tool_and_no_file_remains(string signal, int exitCode)
    {
        // env: the parent of the tests may have set this process to ignore SIGINT.
        var start = new ProcessStartInfo("env",
        [
            "--default-signal", Environment.ProcessPath!, "exec", "--depsfile", InOutput("KairosBoot.Image.Tests.deps.json"), InOutput("kboot.dll"),
            "image", "build", "--root", PathOf("root"), "--init", PathOf("root/kairos-boot"), "--modules", "virtio", "--format", "squashfs", "--output", PathOf("out/image"),
        ])
        { RedirectStandardError = true };
        using var kboot = Process.Start(start)!;
        var tool = WaitForChild(kboot.Id, "mksquashfs");
        Assert.True(SpinWait.SpinUntil(() => Names(PathOf("out")).Length == 2, Patience)); // the image's file, and the temporary directory of the build
        HostTool.Run("kill", $"-{signal}", $"{kboot.Id}");
        Assert.True(kboot.WaitForExit(Patience));
        Assert.Equal(exitCode, kboot.ExitCode);
        Assert.Contains("interrupted", kboot.StandardError.ReadToEnd());
        Assert.False(Directory.Exists($"/proc/{tool}"));
        Assert.Empty(Names(PathOf("out")));
    }

    [Fact]
    public void A_build_that_is_cancelled_before_its_start_creates_nothing()
    {
        var request = new ImageRequest(PathOf("root"), null, ImageFormat.Ext4, null, null, "virtio", PathOf("root/kairos-boot"));
        Assert.ThrowsAny<OperationCanceledException>(() => ImageBuilder.Build(request, PathOf("out/image"), new CancellationToken(canceled: true)));
        Assert.Empty(Names(PathOf("out")));
    }

    private static string InOutput(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static string WaitForChild(int parent, string program)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; Thread.Sleep(10))
        {
            try
            {
                var children = Directory.GetDirectories($"/proc/{parent}/task").SelectMany(task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries));
                if (children.FirstOrDefault(child => File.ReadAllText($"/proc/{child}/comm").Trim() == program) is { } found)
                    return found;
            }
            catch (IOException)
            {
                // A thread or a child that has just ended: look again.
            }
        }

        throw new TimeoutException($"no {program} below process {parent}");
    }
}
