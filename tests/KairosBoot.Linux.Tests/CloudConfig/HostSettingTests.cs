using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>
/// The keys environment and hostname. Documents run in a scratch root, in the stage <c>initramfs</c> unless another one is given.
/// </summary>
public sealed class HostSettingTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void Environment_merges_sorts_and_quotes()
    {
        root.Put("/run/cos/x.env", "# comment\nOLD=\"kept $A\"\nB=old\n", "0600");
        Assert.Empty(root.Run("""
            stages:
              rootfs:
              - environment_file: /run/cos/x.env
                environment: {B: new value, A: 1, Z: 007}
              - environment_file: /run/cos/x.env
                environment: {VENDOR: "{{ .Values.os.vendor }}", E: ~, Q: 'a"b$c!`\'}
              - environment: {PLAIN: x}
              - environment_file: /run/new/y.env
              - environment_file: /run/new/z.env
                environment: {V: w}
            """, "rootfs").Problems);
        Assert.Equal("A=1\nB=\"new value\"\nE=\"\"\nOLD=\"kept \"\nQ=\"a\\\"b\\$c\\!\\`\\\\\"\nVENDOR=\"debian\"\nZ=\"007\"\n",
            root.Read("/run/cos/x.env"));
        Assert.Equal("0644 0:0", root.ModeAndOwner("/run/cos/x.env"));
        Assert.Equal("PLAIN=\"x\"\n", root.Read("/etc/environment"));
        Assert.Equal((false, "0744 0:0"), (root.Has("/run/new/y.env"), root.ModeAndOwner("/run/new")));
    }

    [Fact]
    public void Hostname_sets_the_kernels_name_and_both_files()
    {
        root.Put("/etc/hosts", "# x\n127.0.0.1\tlocalhost\n  ::1 ip6  \n127.0.0.10 other\n", "0640");
        root.Put("oem/90.yaml", ScratchRoot.Entry("hostname: kairos-{{ trunc 4 .MachineID }}"), "0644");
        string? name = null;
        root.Inside(() =>
        {
            new StageRunner(["/oem"], new StageFacts(), MessageLog.None).Run("initramfs");
            name = Syscall.GetHostName();
        });
        Assert.Equal("kairos-0123", name);
        Assert.NotEqual("kairos-0123", Syscall.GetHostName());
        Assert.Equal("kairos-0123\n", root.Read("/etc/hostname"));
        Assert.Equal("# x\n127.0.0.1 localhost kairos-0123\n::1 ip6\n127.0.0.10 other\n", root.Read("/etc/hosts"));
        Assert.Equal("0640 0:0", root.ModeAndOwner("/etc/hosts"));
    }

    [Theory]
    [InlineData("'{{ .Nope }}'", "Nope")]
    [InlineData("'{{ trunc }}'", "trunc")]
    [InlineData("'two words'", "not a host name")]
    [InlineData("'{{ .MachineID }}'", "'' is not a host name")]
    [InlineData("'node-{{ trunc 4 .MachineID }}'", "'node-' is not a host name")]
    [InlineData("'node#1'", "not a host name")]
    [InlineData("\"a\\x01b\"", "not a host name")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "longer than 64 characters; the host name is unchanged")]
    public void A_host_name_that_fails_changes_nothing(string hostname, string reason)
    {
        root.Put("/etc/machine-id", "", "0444");
        root.Put("/oem/90.yaml", ScratchRoot.Entry($"hostname: {hostname}"), "0644");
        root.Inside(() =>
        {
            var before = Syscall.GetHostName();
            var report = new StageRunner(["/oem"], new StageFacts(), MessageLog.None).Run("initramfs");
            Assert.Contains(reason, Assert.Single(report.Problems).Reason);
            Assert.Equal(before, Syscall.GetHostName());
        });
        Assert.False(root.Has("/etc/hostname"));
        Assert.Equal("127.0.0.1 localhost\n::1 ip6\n", root.Read("/etc/hosts"));
    }

    [Theory]
    [InlineData(null, "127.0.0.1 localhost n\n")]
    [InlineData("", "127.0.0.1 localhost n\n")]
    [InlineData("::1 localhost\n", "::1 localhost\n127.0.0.1 localhost n\n")]
    [InlineData("# 127.0.0.1 localhost", "# 127.0.0.1 localhost\n127.0.0.1 localhost n\n")]
    [InlineData("127.0.0.1\tlocalhost\r\n10.0.0.1 b\r\n", "127.0.0.1 localhost n\n10.0.0.1 b\n")]
    public void A_host_name_resolves_with_any_hosts_file(string? before, string after)
    {
        if (before is null) File.Delete(root.At("/etc/hosts"));
        else root.Put("/etc/hosts", before, "0644");
        Assert.Empty(root.RunEntry("hostname: n").Problems);
        Assert.Equal(after, root.Read("/etc/hosts"));
    }

    [Fact]
    public void A_hosts_file_that_is_a_link_to_a_missing_file_is_created()
    {
        File.Delete(root.At("/etc/hosts"));
        File.CreateSymbolicLink(root.At("/etc/hosts"), "/usr/local/etc/hosts");
        Assert.Empty(root.RunEntry("hostname: n").Problems);
        Assert.Equal("127.0.0.1 localhost n\n", root.Read("/usr/local/etc/hosts"));
    }

    [Fact]
    public void Host_name_templates_know_random_names()
    {
        Assert.Empty(root.RunEntry("hostname: '{{ .UUID }}-{{ trunc 4 .Random }}-{{ trunc 8 .ProtectedID }}'").Problems);
        Assert.Matches("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-z]{4}-[0-9a-f]{8}\n$", root.Read("/etc/hostname"));
    }
}
