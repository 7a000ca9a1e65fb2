using System.Diagnostics;
using KairosBoot.Plan;
using Xunit.Abstractions;

namespace KairosBoot.Image.Tests;

/// <summary>Command lines with odd paths: each ends with success or a message with one fix, and changes nothing that exists.</summary>
public sealed class OddOutputTests(ITestOutputHelper log) : OddInput(log)
{
    private const int Sample = 25;

    private string Root => PathOf("root");

    private static readonly string[] Outputs =
    [
        "directory", "no directory/file", "file/below", "dangling/below", "dangling", "loop", "loop/below", "fifo", "socket", "/dev/full",
        "/dev/null", "/dev/stdout", "/proc/self/file", "/proc/file", "/sys/file", "/", ".", "", " ", "new\nline", "-rf", "read only/file",
        "full/file", "closed/file", "immutable/file", "append only/file", "existing", "unwritable", new('n', 255), new('n', 256),
    ];

    private static readonly string[] Inputs =
    [
        "root", "directory", "nothing", "file/below", "dangling", "loop", "fifo", "socket", "/dev/null", "/dev/zero", "/dev/full",
        "/proc/self/mem", "/proc/kmsg", "", "existing", "empty", "garbage", "unwritable", "sparse", "cut.tar", "cut.img", "cut.initrd",
        new('n', 300),
    ];

    private string[][] Commands(string input, string output) =>
    [
        ["image", "build", "--root", Root, "--modules", "virtio", "--init", $"{Root}/kairos-boot", "--output", output],
        ["image", "build", "--root", input, "--modules", "virtio", "--init", $"{Root}/kairos-boot", "--output", Output],
        ["image", "build", "--tar", input, "--format", "squashfs", "--output", Output],
        ["image", "build", "--root", Root, "--modules", "virtio", "--init", input, "--output", Output],
        ["initrd", "build", "--root", Root, "--modules", "virtio", "--init", $"{Root}/kairos-boot", "--output", output],
        ["initrd", "build", "--root", input, "--init", $"{Root}/kairos-boot", "--output", Output],
        ["initrd", "inspect", input],
        ["disk", "build", "--image", PathOf("good.img"), "--output", output],
        ["disk", "build", "--image", input, "--output", Output],
        ["disk", "build", "--image", PathOf("good.img"), "--recovery", input, "--output", Output],
        ["disk", "build", "--image", PathOf("good.img"), "--cloud-config", input, "--output", Output],
        ["lint", "--root", input],
        ["lint", "--cloud-config", input],
        ["lint", "--root", Root, "--cloud-config", input],
        ["upgrade", "--image", input, "--host", Root],
        ["upgrade", "--image", PathOf("good.img"), "--host", input],
        ["status", "--state", input],
        ["assess", "good", "active", "--state", input],
        ["kargs", "add", "nosmt", "--state", input],
        ["install", "--device", input, "--image", PathOf("good.img")],
        ["install", "--device", "/dev/null", "--image", input],
    ];

    [Fact]
    public void Any_path_gives_success_or_a_message_with_one_fix()
    {
        Make();
        try
        {
            var inputs = from input in Inputs from command in Enumerable.Range(0, Commands("", "").Length) select (input, "", command);
            var outputs = from output in Outputs from command in (int[])[0, 4, 7] select ("", output, command);
            foreach (var (input, output, command) in Some([.. inputs, .. outputs], Sample))
                Run(Commands(Place(input), Place(output))[command]);
        }
        finally
        {
            Unmake();
        }

        Verify();
    }

    private string Place(string name) => name.StartsWith('/') || name.Length == 0 || name == "-rf" ? name : PathOf(name);

    private void Make()
    {
        SyntheticKernel.MakeSystem(Root);
        ImageBuilder.Build(new ImageRequest(Root, null, ImageFormat.Ext4, null, null, "virtio", $"{Root}/kairos-boot"), PathOf("good.img"));
        HostTool.Shell($"""
            cd '{PathOf("")}' && mkdir directory closed && : > file && : > empty && ln -s nothing dangling && ln -s loop loop && mkfifo fifo
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            echo old > existing; head -c 3000 /dev/urandom > garbage; echo old > unwritable; chmod 0 unwritable; truncate -s 3G sparse
            tar -C root -cf all.tar . && head -c 20000 all.tar > cut.tar
            head -c 2000000 good.img > cut.img; head -c 999 good.img > cut.initrd
            mkdir 'read only' full immutable 'append only'; chmod 500 closed
            """);
        if (!Environment.IsPrivilegedProcess) return;
        HostTool.Shell($"""
            cd '{PathOf("")}' && mount -t tmpfs -o size=300k none full && mount -t tmpfs -o ro none 'read only'
            chattr +i immutable || true; chattr +a 'append only' || true
            """);
    }

    private void Unmake()
    {
        if (!Environment.IsPrivilegedProcess) return;
        HostTool.Shell($"cd '{PathOf("")}' && umount full 'read only'; chattr -i immutable; chattr -a 'append only'; true");
    }

    private void Run(string[] words)
    {
        var (before, what) = (State(), string.Join(' ', words.Select(ToolText.Show)));
        if (what.Length > 300) what = what[..300];
        Try(what, token =>
        {
            var (exit, output, errors) = Start(words, token);
            var fixes = errors.Split("\n  to fix: ").Length - 1 + (errors.StartsWith("  to fix: ", StringComparison.Ordinal) ? 1 : 0);
            var failures = errors.Split('\n').Count(line => line.StartsWith("kboot: ", StringComparison.Ordinal));
            if (exit is not (0 or 1 or 2) || (output + errors).Contains("internal error") || errors.Contains("   at ")
                || exit == 1 && (IsReport(words) ? output.Length + errors.Length == 0 : failures != 1 || fixes < 1))
            {
                Wrong($"{what}: exit {exit}\n{output}{errors}");
            }

            if (exit != 0) File.Delete(Output);
        });
        if (State() != before) Wrong($"{what}: changed\n{before}to\n{State()}");
    }

    // They print what they found, also if that is a fault.
    private static bool IsReport(string[] words) => words[0] is "lint" or "status";

    // What kboot must not change; a written output may replace a file or a link.
    private string State() => HostTool.Shell($"cd '{PathOf("")}' && ls -A directory closed 'read only' full immutable 'append only'; " +
        "ls -A | grep -v -e '^existing$' -e '^dangling$' -e '^loop$' -e '^nnn' -e '^ ' -e '^-rf' -e new -e line -e '^unwritable$'");

    private static (int Exit, string Output, string Errors) Start(string[] words, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!,
            ["exec", "--depsfile", InOutput("KairosBoot.Image.Tests.deps.json"), InOutput("kboot.dll"), .. words])
        { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var kboot = Process.Start(start)!;
        using var end = cancellationToken.Register(() => kboot.Kill(entireProcessTree: true));
        kboot.StandardInput.Close();
        var errors = kboot.StandardError.ReadToEndAsync(cancellationToken);
        var output = kboot.StandardOutput.ReadToEnd();
        kboot.WaitForExit();
        return (kboot.ExitCode, output, errors.Result);
    }

    private static string InOutput(string name) => Path.Combine(AppContext.BaseDirectory, name);
}
