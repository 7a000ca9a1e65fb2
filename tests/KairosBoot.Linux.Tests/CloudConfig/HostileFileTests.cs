using KairosBoot.CloudConfig;
using KairosBoot.Plan;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>FIFOs, devices, files of the kernel and giant files at every path that a stage reads: one problem that names it, and the rest runs.</summary>
public sealed class HostileFileTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ScratchRoot root = new();

    public HostileFileTests()
    {
        root.Put("/etc/passwd", root.Read("/etc/passwd") + "alice:x:1000:1000::/home/alice:/bin/sh\n", "0644");
        Directory.CreateDirectory(root.At("/home/alice/.ssh"));
        foreach (var path in (string[])["/home/alice", "/home/alice/.ssh"]) Assert.Equal(0, MonoSyscall.chown(root.At(path), 1000, 1000));
        Directory.CreateDirectory(root.At("/etc/systemd"));
        root.Put("/etc/gshadow", "root:*::\n", "0640");
    }

    public void Dispose() => root.Dispose();

    /// <summary>A file, and keys of an entry that reads it.</summary>
    private static readonly (string Path, string Keys)[] Files =
    [
        ("/oem/50.yaml", "node: ."),
        ("/oem/sub/50.yml", "node: ."),
        ("/etc/passwd", "users: {u: {}}"),
        ("/etc/passwd", "files: [{path: /f, ownerstring: daemon}]"),
        ("/etc/group", "users: {u: {}}"),
        ("/etc/shadow", "users: {root: {passwd: x}}"),
        ("/etc/gshadow", "ensure_entities: [{entity: \"kind: gshadow\\ngroup_name: g\"}]"),
        ("/srv/group", "delete_entities: [{path: /srv/group, entity: \"kind: group\\ngroup_name: g\"}]"),
        ("/etc/default/useradd", "users: {u: {}}"),
        ("/etc/hosts", "hostname: h"),
        ("/etc/environment", "environment: {A: b}"),
        ("/run/x.env", "environment_file: /run/x.env\nenvironment: {A: b}"),
        ("/etc/machine-id", "files: [{path: /f, content: '{{ .Values.node.machineid }}'}]"),
        ("/etc/machine-id", "hostname: 'h{{ .MachineID }}'"),
        ("/var/lib/dbus/machine-id", "hostname: 'h{{ .MachineID }}'"),
        ("/etc/os-release", "only_os: Debian"),
        ("/etc/timezone", "environment: {A: '{{ .Values.node.timezone }}'}"),
        ("/etc/systemd/timesyncd.conf.d/10-yip.conf", "timesyncd: {NTP: a}"),
        ("/etc/marker", "if: grep -q x /etc/marker"),
        ("/home/alice/.ssh/authorized_keys", "authorized_keys: {alice: [key]}"),
        ("/home/alice/.ssh/authorized_keys", "users: {alice: {ssh_authorized_keys: [key]}}"),
        ("/srv/seed", "datasource: {providers: [file], path: /srv/seed}"),
    ];

    private static readonly (string Kind, string Reason)[] Kinds =
        [("fifo", "a FIFO"), ("zero", "a device"), ("link to zero", "a device"), ("link to kmsg", "made up by the kernel"), ("sparse", "1610612736")];

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var (path, keys) in Files)
            foreach (var (kind, _) in Kinds) cases.Add(kind, path, keys);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_that_never_ends_is_one_problem_and_the_rest_runs(string kind, string path, string keys)
    {
        Plant(kind, path);
        root.Put("/oem/10.yaml", $"stages:\n  initramfs:\n  - name: hostile\n    {keys.Replace("\n", "\n    ")}\n  - name: next\n    commands: [echo next >> /ran]\n", "0600");
        root.Put("/oem/90.yaml", "stages: {initramfs: [{commands: [echo last >> /ran]}]}", "0600");
        var (report, bytes) = Run();
        // A link out of a home is refused before what it leads to is looked at.
        var isRefused = path.StartsWith("/home/", StringComparison.Ordinal) && kind.StartsWith("link", StringComparison.Ordinal);
        var problem = Assert.Single(report.Problems, problem => !problem.Reason.StartsWith("no user-data", StringComparison.Ordinal)).Reason;
        Assert.Contains(isRefused ? "belongs to user 1000 and leads to" : Kinds.Single(row => row.Kind == kind).Reason, problem);
        if (kind == "sparse") Assert.Matches("has 1610612736 bytes; .* may have \\d+", problem);
        Assert.Equal("next\nlast\n", root.Read("/ran"));
        Assert.InRange(bytes, 0, 64L << 20);
    }

    private void Plant(string kind, string path)
    {
        const ulong Zero = 1 << 8 | 5;
        Directory.CreateDirectory(Path.GetDirectoryName(root.At(path))!);
        File.Delete(root.At(path));
        switch (kind)
        {
            case "fifo": AtPath.MkNod(root.At(path), FileType.Fifo, Octal.O666, 0); break;
            case "zero": AtPath.MkNod(root.At(path), FileType.CharacterDevice, Octal.O666, Zero); break;
            case "link to zero":
                if (!root.Has("/dev/zero")) AtPath.MkNod(root.At("/dev/zero"), FileType.CharacterDevice, Octal.O666, Zero);
                File.CreateSymbolicLink(root.At(path), "/dev/zero");
                break;
            case "link to kmsg":
                root.Put("/proc/kmsg", "", "0644");
                File.CreateSymbolicLink(root.At(path), "/proc/kmsg");
                break;
            case "sparse":
                using (var file = File.Create(root.At(path))) file.SetLength(1536L << 20);
                break;
        }
        if (path.StartsWith("/home/", StringComparison.Ordinal)) Assert.Equal(0, MonoSyscall.lchown(root.At(path), 1000, 1000));
    }

    /// <summary>The report, and how much memory the stage asked for. A stage that hangs fails the test.</summary>
    private (StageReport Report, long Bytes) Run()
    {
        (StageReport, long)? result = null;
        var thread = new Thread(() => root.Inside(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var report = new StageRunner(["/oem"], new StageFacts(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Run("initramfs");
            result = (report, GC.GetAllocatedBytesForCurrentThread() - before);
        }))
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "the stage hangs");
        return result!.Value;
    }

    [Fact]
    public void All_configs_of_a_stage_have_one_limit_and_those_that_fit_run()
    {
        const string Run = "stages: {initramfs: [{commands: [echo NAME >> /ran]}]}\n";
        root.Put("/oem/10.yaml", Run.Replace("NAME", "10") + new string('#', 600), "0600");
        root.Put("/oem/20.yaml", Run.Replace("NAME", "20") + new string('#', 600), "0600");
        root.Put("/oem/30.yaml", Run.Replace("NAME", "30"), "0600");
        StageReport? report = null;
        root.Inside(() => report = new StageRunner(["/oem"], new StageFacts(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance) { ConfigLimit = 1000 }.Run("initramfs"));
        var problem = Assert.Single(report!.Problems);
        Assert.Equal("/oem/20.yaml", problem.File);
        Assert.Contains("all configs of a stage together have 1306 bytes with this one; the limit is 1000", problem.Reason);
        Assert.Equal("10\n30\n", root.Read("/ran"));
    }

    [Fact]
    public void A_config_of_the_largest_size_runs_and_one_byte_more_does_not()
    {
        const string Run = "stages: {initramfs: [{commands: [echo ran >> /ran]}]}\n";
        root.Put("/oem/10.yaml", Run + "#" + new string('x', (16 << 20) - Run.Length - 1), "0600");
        root.Put("/oem/20.yaml", Run + "#" + new string('x', (16 << 20) - Run.Length), "0600");
        Assert.Equal("/oem/20.yaml has 16777217 bytes; a config may have 16777216; to fix: make it smaller, or remove it", Assert.Single(root.Run("initramfs", ["/oem"]).Problems).Reason);
        Assert.Equal("ran\n", root.Read("/ran"));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("link to zero")]
    [InlineData("link to kmsg")]
    [InlineData("sparse")]
    public void Install_mounts_pass_over_what_the_stage_has_reported(string kind)
    {
        Plant(kind, "/oem/50.yaml");
        root.Put("/oem/90.yaml", "install: {bind_mounts: [/a]}\n", "0600");
        var thread = new Thread(() => root.Inside(() =>
            Assert.Empty(InstallMounts.Merge("/oem/", "/run/layout.env", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))))
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "it hangs");
        Assert.Equal("CUSTOM_BIND_MOUNTS=\"/a\"\n", root.Read("/run/layout.env"));
        Plant(kind, "/run/layout.env");
        IReadOnlyList<StageProblem>? problems = null;
        root.Inside(() => problems = InstallMounts.Merge("/oem/", "/run/layout.env", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        Assert.Single(problems!);
    }
}
