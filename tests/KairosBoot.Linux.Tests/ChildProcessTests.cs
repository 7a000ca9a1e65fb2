namespace KairosBoot.Linux.Tests;

public sealed class ChildProcessTests
{
    private static CommandResult Shell(string script, double seconds = 20) =>
        ChildProcess.Run("/bin/sh", ["-c", script], ["PATH=/usr/bin:/bin", "MARK=here"], TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("kill -15 $$", 143)]
    [InlineData("true", 0)]
    public void The_exit_code_is_that_of_a_shell(string script, int code) => Assert.Equal(code, Shell(script).ExitCode);

    [Fact]
    public void Output_and_errors_arrive_in_order() =>
        Assert.Equal("1\n2 here\n3\n", Shell("echo 1; echo 2 $MARK >&2; echo 3").Output);

    [Fact]
    public void A_command_that_does_not_end_is_killed_with_all_it_started()
    {
        var result = Shell("sleep 1000 & echo $!; wait", seconds: 2);
        Assert.True(result.TimedOut);
        var child = int.Parse(result.Output);
        Assert.True(SpinWait.SpinUntil(() => !File.Exists($"/proc/{child}/exe"), TimeSpan.FromSeconds(10)),
            "the background process lives on");
    }

    [Fact]
    public void A_background_process_with_the_output_is_not_waited_for()
    {
        var result = Shell("sleep 600 & echo $!");
        Assert.False(result.TimedOut);
        Assert.Equal(0, result.ExitCode);
        Syscall.Kill(int.Parse(result.Output), 9);
    }

    [Fact]
    public void More_output_than_is_kept_does_not_block_the_command()
    {
        var result = Shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 4");
        Assert.Equal((4, 65536), (result.ExitCode, result.Output.Length));
    }

    [Fact]
    public void The_caller_learns_the_time_since_the_last_output()
    {
        var silences = new List<TimeSpan>();
        var result = ChildProcess.Run("/bin/sh", ["-c", "sleep 2.5; echo on; sleep 2.5; exit 6"], ["PATH=/usr/bin:/bin"],
            TimeSpan.FromSeconds(60), waiting: silences.Add);
        Assert.Equal((6, "on\n"), (result.ExitCode, result.Output));
        // Silent twice, with output after each: the times grow, fall, grow again and fall.
        Assert.Equal(2, Enumerable.Range(1, silences.Count - 1).Count(i => silences[i] < silences[i - 1]
            && silences[i - 1] > TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_program_with_a_waiting_caller_is_killed_at_its_limit() =>
        Assert.True(ChildProcess.Run("/bin/sh", ["-c", "sleep 1000"], ["PATH=/usr/bin:/bin"], TimeSpan.FromSeconds(2.5),
            waiting: _ => { }).TimedOut);

    [Fact]
    public void A_missing_program_is_an_error_that_names_it() =>
        Assert.Equal(Errno.ENOENT,
            Assert.Throws<SyscallException>(() => ChildProcess.Run("/no/such", [], [], TimeSpan.FromSeconds(1))).Errno);

    [Fact]
    public void Only_the_three_standard_descriptors_are_inherited() =>
        Assert.Equal("0\n1\n2\n3\n", Shell("ls /proc/self/fd").Output); // 3 is ls reading the directory
}
