using System.Text;
using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Reports;

/// <summary>The archive for support: what is in it, and what must not be.</summary>
public sealed class SupportBundleTests
{
    // Where each is: see Plant.
    private static readonly string[] Secrets =
    [
        "hunter2-of-the-admin", "$6$saltsalt$HashHashHashHash1234", "K10aaaabbbbccccdddd::server:tokentoken", "wifi-psk-of-the-office",
        "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "password-in-a-url", "token-of-the-kernel-argument", "printed-by-a-stage",
        "password-for-git",
    ];

    private static void Plant(ReportedMachine machine)
    {
        machine.MountOem();
        File.WriteAllText("/oem/10-users.yaml",
            $"stages:\n  initramfs:\n    - hostname: node-of-the-test\n      users:\n        admin:\n          passwd: {Secrets[0]}\n" +
            $"        other: {{passwd: '{Secrets[1]}'}}\n");
        Directory.CreateDirectory("/oem/sub");
        File.WriteAllText("/oem/sub/20-files.yml",
            "stages:\n  boot:\n    - files:\n        - path: /etc/rancher/k3s/config.yaml\n          content: |\n" +
            $"            token: {Secrets[2]}\n            node-label: [edge]\n" +
            "        - path: /etc/wpa.conf\n          content: |\n            network={\n" +
            $"              psk=\"{Secrets[3]}\"\n            }}\n" +
            "        - path: /root/setup.sh\n          content: |\n            cat > key <<EOF\n" +
            "            -----BEGIN OPENSSH PRIVATE KEY-----\n" +
            $"            {Secrets[4]}\n            -----END OPENSSH PRIVATE KEY-----\n            EOF\n" +
            $"      downloads:\n        - url: https://me:{Secrets[5]}@example.com/file\n          path: /tmp/x\n" +
            $"      git:\n        url: https://example.com/a.git\n        auth: {{username: me, password: {Secrets[8]}}}\n");
        File.WriteAllText("/oem/30-broken.yaml", $"users: [ {Secrets[0]}\n");
        File.WriteAllText(SystemPaths.Log,
            $"[    1.210000] info  booting active from /cOS/active.img\n[    1.300000] info  slow: API_TOKEN={Secrets[7]}\n" +
            $"[    1.310000] info  slow: git clone with {Secrets[8]}\n[    1.320000] error hostnme: unknown key\n");
        File.WriteAllText(SystemPaths.Report, ReportedMachine.Report("good", $"the stage said {Secrets[7]} and {Secrets[0]}"));
        FailureStore.Add(SystemPaths.Oem, new() { Time = 5, Problem = "disk vanished", Log = $"x {Secrets[7]} {Secrets[6]} {Secrets[2]}" });
        Directory.CreateDirectory("/run/cos");
        File.WriteAllText(SystemPaths.Layout, $"OVERLAY=\"tmpfs:25%\"\nMY_SECRET={Secrets[7]}\n");
        BootHistory.Record(null);
    }

    private static Dictionary<string, string> Unpack(string archive, string directory)
    {
        Directory.CreateDirectory(directory);
        MountNamespace.Tool("tar", "-xzf", archive, "-C", directory);
        return Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(directory + "/kboot-report", path),
                path => Encoding.Latin1.GetString(File.ReadAllBytes(path)));
    }

    [Fact]
    public void None_of_nine_planted_secrets_is_in_the_archive() => ReportedMachine.Run($"panic=5 cos.token={Secrets[6]}", machine =>
    {
        Plant(machine);
        var archive = machine.Scratch + "/support.tar.gz";
        SupportBundle.Write(MachineFiles.Here, archive, new Dictionary<string, string> { ["report.txt"] = $"slow: {Secrets[7]}" });
        Assert.Equal("600 0", MountNamespace.Tool("stat", "-c", "%a %u", archive).Trim());
        var files = Unpack(archive, machine.Scratch + "/unpacked");
        foreach (var (name, text) in files)
            Assert.All(Secrets, secret => Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{name}: {secret}\n{text}"));

        // What support needs is there.
        Assert.Contains("hostname: node-of-the-test", files["configs/oem/01-10-users.yaml"]);
        Assert.Contains("node-label:", files["configs/oem/03-20-files.yml"]);
        Assert.Contains("https://(redacted)@example.com/file", files["configs/oem/03-20-files.yml"]);
        Assert.StartsWith("# The whole content is left out: it cannot be parsed: line ", files["configs/oem/02-30-broken.yaml"]);
        Assert.Contains("error hostnme: unknown key", files["boot.log"]);
        Assert.Contains("\"problem\": \"disk vanished\"", files["report.json"]);
        Assert.Contains("problem: disk vanished", files["kairosboot/failed-boots"]);
        Assert.Contains("\nactive_left=1\n", files["bootstate"]);
        Assert.Equal("panic=5 cos.token=(redacted)\n", files["cmdline"]);
        Assert.Contains("OVERLAY=\"tmpfs:25%\"", files["layout/cos-layout.env"]);
        Assert.Contains(" slot=active why=order ", files["kairosboot/good-boots"]);
        Assert.Contains(" /proc ", files["mountinfo"]);
        Assert.Contains("boot.log ", files["CONTENTS"]);
        string[] listed = [.. BundleFile.All.Select(file => file.Name), "CONTENTS"];
        Assert.All(files.Keys, name => Assert.True(listed.Contains(name) || name.StartsWith("configs/", StringComparison.Ordinal), name));

        // Support reads it with the same program.
        var report = MachineReport.Read(machine.Scratch + "/unpacked/kboot-report");
        Assert.Equal((Slot.Active, 1, 1), (report.Boot!.Slot, report.GoodBoots.Length, report.FailedBoots.Count));
        Assert.Equal(1, report.Counters!.Counters.Active.Left);
        Assert.NotNull(report.Good);
    });

    [Fact]
    public void An_archive_is_never_written_over_something_and_is_removed_if_it_fails() => ReportedMachine.Run("panic=5", machine =>
    {
        var place = machine.Scratch + "/a.tar.gz";
        var empty = new Dictionary<string, string>();
        File.CreateSymbolicLink(place, machine.Scratch + "/elsewhere");
        var refusal = Assert.Throws<OperatorException>(() => SupportBundle.Write(MachineFiles.Here, place, empty));
        Assert.Contains("already exists", refusal.Message);
        Assert.False(File.Exists(machine.Scratch + "/elsewhere"));
        File.Delete(place);
        File.WriteAllText(place, "mine");
        Assert.Throws<OperatorException>(() => SupportBundle.Write(MachineFiles.Here, place, empty));
        Assert.Equal("mine", File.ReadAllText(place));

        var full = machine.Scratch + "/full";
        Directory.CreateDirectory(full);
        Syscall.Mount("tmpfs", full, "tmpfs", MountFlags.None, "size=4k");
        Assert.Equal(Errno.ENOSPC, Assert.Throws<SyscallException>(() => SupportBundle.Write(MachineFiles.Here, full + "/a", empty)).Errno);
        Assert.Empty(Directory.GetFiles(full));
        Syscall.Umount(full);
    });

    [Fact]
    public void Large_and_odd_files_are_cut_or_left_out_with_a_note() => ReportedMachine.Run("panic=5", machine =>
    {
        machine.MountOem();
        MountNamespace.Tool("sh", "-c",
            $"yes '[    1.000000] info  a: token=abc' | head -c 6000000 > {SystemPaths.Log}; printf '\\nlast\\n' >> {SystemPaths.Log}");
        MountNamespace.Tool("mkfifo", "/oem/10-pipe.yaml");
        File.CreateSymbolicLink("/oem/20-link.yaml", "/dev/zero");
        using (var file = File.Create("/oem/30-huge.yaml")) file.SetLength(1L << 30);
        File.WriteAllText("/oem/40 $(name)\n.yaml", "a: b\n");
        File.WriteAllText(SystemPaths.Report, "not json, token=abc");
        var archive = machine.Scratch + "/a.tar.gz";
        SupportBundle.Write(MachineFiles.Here, archive, new Dictionary<string, string>());
        var files = Unpack(archive, machine.Scratch + "/unpacked");
        Assert.True(files["boot.log"].Length <= 3 << 20);
        Assert.StartsWith("[    1.000000] info  a: token=(redacted)\n", files["boot.log"]);
        Assert.EndsWith("\nlast\n", files["boot.log"]);
        Assert.Equal("a: b\n", files["configs/oem/04-40___name__.yaml"]);
        Assert.Equal("\"the whole content is left out: it is not JSON\"\n", files["report.json"]);
        foreach (var note in (string[])["10-pipe.yaml", "20-link.yaml", "30-huge.yaml", "boot.log: only the last 2048 KiB"])
        {
            Assert.Contains("left out: ", files["CONTENTS"].Split('\n').First(line => line.Contains(note, StringComparison.Ordinal)
                && line.StartsWith("left", StringComparison.Ordinal)));
        }
    });

    [Fact]
    public void The_disk_of_another_machine_leads_nowhere_else() => ReportedMachine.Run("panic=5", machine =>
    {
        var disk = machine.Scratch + "/COS_STATE";
        Directory.CreateDirectory(disk + "/kairosboot");
        Assert.Contains("has neither boot counters nor", Assert.Throws<OperatorException>(() => MachineReport.Read(disk)).Message);
        File.WriteAllBytes(disk + SystemPaths.BootState, BootBlock.Write(new BootCounters().MarkBad(Slot.Active, SlotFault.Damaged)));
        // Links of the disk to files of this machine.
        File.WriteAllText(machine.Scratch + "/host", "--- boot failed ---\ntime: 5\nproblem: of the host\n--- end ---\n");
        File.CreateSymbolicLink(disk + SystemPaths.FailedBoots, machine.Scratch + "/host");
        File.CreateSymbolicLink(disk + "/kargs", machine.Scratch + "/host");
        File.CreateSymbolicLink(disk + "/report.json", SystemPaths.Report);
        Directory.CreateDirectory(machine.Scratch + "/COS_OEM/kairosboot");
        File.WriteAllText(machine.Scratch + "/COS_OEM" + SystemPaths.GoodBoots, "time=7 boot=a slot=passive why=order\nnonsense\n");
        File.CreateSymbolicLink(machine.Scratch + "/COS_OEM/90.yaml", machine.Scratch + "/host");
        var report = MachineReport.Read(disk + "/");
        Assert.Equal((null, 1, 1, 0), (report.Boot, report.GoodBoots.Length, report.DamagedLines, report.FailedBoots.Count));
        Assert.Equal("active: its image is damaged", report.Counters!.Counters.Fault!.Sentence);
        var archive = machine.Scratch + "/a.tar.gz";
        SupportBundle.Write(report.Files, archive, new Dictionary<string, string>());
        var files = Unpack(archive, machine.Scratch + "/unpacked");
        Assert.All(files.Values, text => Assert.DoesNotContain("of the host", text));
        Assert.Contains("slot=passive", files["kairosboot/good-boots"]);
        Assert.DoesNotContain("cmdline", files.Keys);
        Assert.Contains("has no report of a boot", Assert.Throws<OperatorException>(() =>
            ReportPicture.Write(report, machine.Scratch + "/a.svg")).Message);
    });
}
