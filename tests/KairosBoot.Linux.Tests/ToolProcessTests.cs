namespace KairosBoot.Linux.Tests;

public sealed class ToolProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static ToolResult Shell(
        string script, ToolInput? input = null, string? directory = null, CancellationToken cancellationToken = default) =>
        ChildProcess.RunTool("/bin/sh", ["-c", script], ["PATH=/usr/bin:/bin", "MARK=here"], input, directory, cancellationToken);

    private static ToolInput Bytes(int length) => Text(new string('x', length));

    private static ToolInput Text(string text)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        var file = Syscall.Open(path, OpenFlags.ReadOnly);
        File.Delete(path);
        long done = 0;
        return pipe =>
        {
            // In pieces of 7 bytes and more, so that most of them end inside a page.
            var sent = Syscall.TrySend(file, done, 7 + done, pipe);
            done += sent ?? 0;
            if (sent is null) file.Dispose();
            return sent;
        };
    }

    [Fact]
    public void Input_and_outputs_reach_their_ends_and_are_separate()
    {
        var result = Shell("echo $MARK >&2; cat; exit 3", Text("one\ntwo\n"));
        Assert.Equal(new ToolResult(3, "one\ntwo\n", "here\n"), result);
    }

    [Fact]
    public void Without_input_a_tool_reads_an_empty_one() => Assert.Equal(new ToolResult(0, "0\n", ""), Shell("wc -c"));

    // Far more than a pipe holds in each of three pipes, and in an order that no caller could guess.
    [Fact]
    public void Large_input_and_large_outputs_do_not_block_each_other()
    {
        var result = Shell("tee /dev/stderr; exit 5", Bytes(16 << 20));
        Assert.Equal((5, 1 << 20, 64 << 10), (result.ExitCode, result.Output.Length, result.Errors.Length));
    }

    [Fact]
    public void All_bytes_of_the_input_arrive() =>
        Assert.Equal($"{(5 << 20) + 7}\n", Shell("sleep 0.2; wc -c", Bytes((5 << 20) + 7)).Output);

    [Fact]
    public void The_start_of_the_output_and_the_end_of_the_errors_are_kept()
    {
        var result = Shell("echo first; echo first >&2; head -c 3000000 /dev/zero | tr '\\0' x | tee /dev/stderr; " +
            "echo last; echo last >&2");
        Assert.StartsWith("first\nx", result.Output);
        Assert.DoesNotContain("last", result.Output);
        Assert.EndsWith("xlast\n", result.Errors);
        Assert.DoesNotContain("first", result.Errors);
    }

    [Fact]
    public void A_tool_need_not_read_its_input() => Assert.Equal(4, Shell("exit 4", Bytes(16 << 20)).ExitCode);

    [Fact]
    public void A_tool_runs_in_the_chosen_directory() => Assert.Equal("/usr/bin\n", Shell("pwd", directory: "/usr/bin").Output);

    [Theory]
    [InlineData("sleep 1000 & echo $!; wait")]
    [InlineData("sleep 1000 >&2 & echo $!; exec >&-; wait")]
    public void Cancellation_kills_the_tool_and_all_that_it_started(string script)
    {
        using var source = new CancellationTokenSource();
        var file = Path.GetTempFileName();
        var run = Task.Run(() => Shell($"{{ {script}; }} | tee {file}", Bytes(16 << 20), cancellationToken: source.Token));
        var started = 0;
        Assert.True(SpinWait.SpinUntil(() => int.TryParse(File.ReadAllText(file), out started), Patience));
        source.Cancel();
        Assert.True(((IAsyncResult)run).AsyncWaitHandle.WaitOne(Patience));
        Assert.IsAssignableFrom<OperationCanceledException>(run.Exception!.InnerException);
        Assert.True(SpinWait.SpinUntil(() => !File.Exists($"/proc/{started}/exe"), Patience), "the background process is still running");
        File.Delete(file);
    }

    [Fact]
    public void A_cancelled_run_leaves_no_zombie()
    {
        using var sleep = new UniqueProgram("/usr/bin/sleep");
        using var source = new CancellationTokenSource();
        var run = Task.Run(() => ChildProcess.RunTool(sleep.Path, ["1000"], [], null, null, source.Token));
        Assert.True(SpinWait.SpinUntil(() => sleep.Processes().Count == 1, Patience));
        source.Cancel();
        Assert.True(((IAsyncResult)run).AsyncWaitHandle.WaitOne(Patience));
        Assert.Empty(sleep.Processes());
    }

    [Fact]
    public void A_tool_is_not_started_after_the_cancellation()
    {
        var file = Path.GetTempFileName();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Shell($"echo ran >{file}", cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal("", File.ReadAllText(file));
        File.Delete(file);
    }

    [Fact]
    public void A_failure_of_the_input_kills_the_tool_and_is_passed_on()
    {
        using var sleep = new UniqueProgram("/usr/bin/sleep");
        Assert.Throws<InvalidDataException>(() => ChildProcess.RunTool(sleep.Path, ["1000"], [],
            _ => throw new InvalidDataException(), null, CancellationToken.None));
        Assert.Empty(sleep.Processes());
    }

    [Fact]
    public void A_process_in_the_background_does_not_outlive_its_tool()
    {
        var result = Shell("sleep 600 & echo $!");
        Assert.Equal(0, result.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => !File.Exists($"/proc/{result.Output.Trim()}/exe"), Patience));
    }

    [Fact]
    public void A_missing_program_is_an_error_that_names_it()
    {
        var failure = Assert.Throws<SyscallException>(() =>
            ChildProcess.RunTool("/no/such", [], [], null, null, CancellationToken.None));
        Assert.Equal((ChildProcess.Starting, "/no/such", Errno.ENOENT), (failure.Operation, failure.Path, failure.Errno));
    }

    /// <summary>A copy of a program with a name that no other process has.</summary>
    private sealed class UniqueProgram : IDisposable
    {
        private readonly string name = "t" + Guid.NewGuid().ToString("N")[..12];

        internal UniqueProgram(string program) => File.Copy(program, Path);

        internal string Path => System.IO.Path.Combine(System.IO.Path.GetTempPath(), name);

        /// <summary>Its processes, running, or ended and not reaped.</summary>
        internal List<string> Processes()
        {
            var found = new List<string>();
            foreach (var directory in Directory.GetDirectories("/proc").Where(directory => File.Exists(directory + "/comm")))
            {
                try
                {
                    if (File.ReadAllText(directory + "/comm").TrimEnd() == name) found.Add(directory);
                }
                catch (IOException) { } // it has ended
            }
            return found;
        }

        public void Dispose() => File.Delete(Path);
    }
}
