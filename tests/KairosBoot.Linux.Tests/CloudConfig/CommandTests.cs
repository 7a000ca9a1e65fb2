namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// Commands, conditions and the tools of the image. Documents run in a scratch root, in the stage <c>initramfs</c> unless another one is
/// given.
/// </summary>
public sealed class CommandTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void Commands_run_in_order_in_separate_shells_also_after_a_failure()
    {
        var report = root.RunEntry(
            "commands:\n- X=1; echo a >> /log\n- echo \"b$X\" >> /log; echo told; exit 3\n- 'echo {{ trunc 1 \"cd\" }} >> /log'\n");
        Assert.Equal("a\nb\nc\n", root.Read("/log"));
        Assert.Equal("command 2 (echo): exit code 3: told", Assert.Single(report.Problems).Reason);
        Assert.Contains("e: told", root.Log);
    }

    [Theory]
    [InlineData("PASSWORD=s3cret false", "command 1 (false): exit code 1")]
    [InlineData("PASSWORD=\"two s3cret\" false", "command 1: exit code 1")]
    [InlineData("PASSWORD='two s3cret' false", "command 1: exit code 1")]
    [InlineData("PASSWORD=two\\ s3cret; false", "command 1: exit code 1")]
    [InlineData("\"false\" s3cret", "command 1: exit code 1")]
    public void A_message_never_has_a_part_of_an_assignment(string script, string expected) =>
        Assert.Equal(expected, Assert.Single(root.RunEntry($"commands:\n- |\n  {script}\n").Problems).Reason);

    [Fact]
    public void Commands_may_be_a_single_text()
    {
        Assert.Empty(root.RunEntry("commands: echo one > /log").Problems);
        Assert.Equal("one\n", root.Read("/log"));
    }

    [Fact]
    public void A_command_that_hangs_is_killed_with_its_children()
    {
        var report = root.Run(ScratchRoot.Entry("commands:\n- sleep 600 & sleep 600\n- echo after > /log"), limit: TimeSpan.FromSeconds(3));
        Assert.Contains("killed", Assert.Single(report.Problems).Reason);
        Assert.Equal("after\n", root.Read("/log"));
    }

    [Fact]
    public void Without_a_shell_common_conditions_work_and_others_are_problems()
    {
        File.Delete(root.At("/bin/sh"));
        var report = root.Run(
            "stages:\n  initramfs:\n  - {name: native, if: '[ -e /etc/passwd ]', files: [{path: /a}]}\n  - {name: shell, if: 'id', " +
            "files: [{path: /b}]}\n");
        Assert.Equal((true, false), (root.Has("/a"), root.Has("/b")));
        Assert.Equal(("shell", "if", "this root has no /bin/sh"), report.Problems.Select(p => (p.Entry, p.Key, p.Reason)).Single());
        Assert.Equal((1, 1), (report.EntriesRun, report.EntriesSkipped));
    }

    [Theory]
    [InlineData("if: '[ -f /etc/passwd ]'", true)]
    [InlineData("if: '[ -f /nothing ]'", false)]
    [InlineData("if: cat /etc/passwd | grep -q root", true)]
    [InlineData("if: 'test \"{{ .Values.os.vendor }}\" = debian'", true)]
    [InlineData("if: [a, list]", false)]
    [InlineData("if: grep -qw daemon /etc/passwd", true)]
    [InlineData("if: grep -qw /cOS/active.img /cmdline", true)]
    [InlineData("only_os: Ubuntu.*|Debian.*", true)]
    [InlineData("only_os: debian", false)]
    [InlineData("only_os: (?i)debian", true)]
    [InlineData("only_os: ^(?!ubuntu).*", false)]
    [InlineData("only_os_version: ^12$", true)]
    [InlineData("only_arch: amd64|arm64|riscv64", true)]
    [InlineData("only_arch: s390", false)]
    [InlineData("only_service_manager: systemd", false)]
    [InlineData("if_files: {all: [/etc/passwd, /etc/group]}", true)]
    [InlineData("if_files: {all: [/etc/passwd, /no]}", false)]
    [InlineData("if_files: {any: [/etc/passwd, /no]}", true)]
    [InlineData("if_files: {none: [/no]}", true)]
    [InlineData("if_files: {none: [/no], any: [/no]}", false)]
    [InlineData("if_files: {some: [/no]}", false)]
    [InlineData("node: .", true)]
    [InlineData("node: no-such-node", false)]
    public void Conditions_decide_whether_an_entry_runs(string condition, bool runs)
    {
        root.Put("/cmdline", "root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img quiet\n", "0444");
        var report = root.RunEntry($"{condition}\nfiles: [{{path: /ran}}]");
        Assert.Equal(runs, root.Has("/ran"));
        Assert.Equal(runs ? (1, 0) : (0, 1), (report.EntriesRun, report.EntriesSkipped));
    }

    [Theory]
    [InlineData("no-such-command", "exit code 127")]
    [InlineData("/etc/passwd", "exit code 126")]
    [InlineData("if true", "yntax error")]
    [InlineData("[ a b c d ]", "exit code 2")]
    [InlineData("grep -q x /missing; exit 2", null)]
    [InlineData("false", null)]
    public void A_condition_that_is_no_condition_is_a_warning(string condition, string? reason)
    {
        var report = root.RunEntry($"if: '{condition}'\nfiles: [{{path: /ran}}]");
        Assert.False(root.Has("/ran"));
        if (reason is null) Assert.Empty(report.Problems);
        else Assert.Contains(reason, Assert.Single(report.Problems, problem => problem.IsWarning).Reason);
    }

    [Theory]
    [InlineData("/usr/bin/systemctl", null, "systemd", true)]
    [InlineData("/usr/bin/systemctl", null, "OpenRC", false)]
    [InlineData("/sbin/openrc", null, "OpenRC", true)]
    [InlineData("/sbin/openrc", "/bin/systemctl", "systemd", false)]
    public void The_service_manager_is_found_by_its_program(string program, string? other, string wanted, bool runs)
    {
        root.Put(program, "", "0755");
        if (other is not null) root.Put(other, "", "0755");
        root.RunEntry($"only_service_manager: {wanted}\nfiles: [{{path: /ran}}]");
        Assert.Equal(runs, root.Has("/ran"));
    }

    [Fact]
    public void Modules_sysctl_and_units_go_to_the_tools_of_the_image()
    {
        root.Put("/bin/modprobe", "#!/bin/sh\necho modprobe \"$@\" >> /log\n", "0755");
        root.Put("/usr/bin/systemctl", "#!/bin/sh\necho systemctl \"$@\" >> /log\n[ \"$2\" != bad ]\n", "0755");
        root.Put("/proc/sys/net/ipv4/ip_forward", "0", "0644");
        root.Put("/proc/sys/net/ipv4/conf/eth0.1/forwarding", "0", "0644");
        var report = root.RunEntry("""
            systemctl:
              start: [d]
              mask: [c]
              enable: [a, bad]
              disable: [b]
              overrides: [{service: x, content: "[Service]"}, {service: y.socket, name: z, content: "[Socket]"}]
            modules: [loop max_loop=4]
            sysctl: {net.ipv4.ip_forward: 1, net/ipv4/conf/eth0.1/forwarding: 1, no.such.name: 1}
            """);
        Assert.Equal("modprobe -- loop max_loop=4\nsystemctl enable a\nsystemctl enable bad\nsystemctl disable b\nsystemctl mask c\n" +
            "systemctl start d\n", root.Read("/log"));
        Assert.Equal(["sysctl", "systemctl.enable"], report.Problems.Select(p => p.Key));
        Assert.Equal(("1", "1"), (root.Read("/proc/sys/net/ipv4/ip_forward"), root.Read("/proc/sys/net/ipv4/conf/eth0.1/forwarding")));
        Assert.Equal("[Service]", root.Read("/etc/systemd/system/x.service.d/override-yip.conf"));
        Assert.Equal("[Socket]", root.Read("/etc/systemd/system/y.socket.d/z.conf"));
    }
}
