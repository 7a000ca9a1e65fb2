using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Properties of a booted system, the same for all ways to start it.</summary>
public abstract class RunningDebianTests(DebianMachine machine)
{
    /// <summary>Writable directories of the default layout. Mounts below them may be writable too.</summary>
    private static readonly string[] WritableMounts =
    [
        "/etc", "/var", "/srv", "/usr/local", "/oem", "/home", "/opt", "/root",
        // mounts of systemd and the kernel, none of them on the disk
        "/run", "/tmp", "/dev", "/proc", "/sys",
    ];

    protected GuestShell Shell => machine.Shell;

    [Fact]
    public void Systemd_reaches_running_without_a_failed_unit()
    {
        Assert.Equal("", Shell.FailedUnits());
        Assert.Equal("running", machine.SystemState);
        Assert.Equal("active", Shell.Run("systemctl is-active multi-user.target"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/usr")]
    [InlineData("/usr/bin")]
    [InlineData("/boot")]
    [InlineData("/mnt")]
    [InlineData("/usr/lib/modules")]
    [InlineData("/run/initramfs/cos-state")]
    public void The_image_refuses_writes(string directory)
    {
        (int status, string output) = Shell.Try($"touch {directory}/written");
        Assert.NotEqual(0, status);
        Assert.Contains("Read-only file system", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_expected_top_level_directories_are_writable()
    {
        string writable = Shell.Run(
            "for d in /*/; do d=${d%/}; if touch $d/.written 2>/dev/null; then rm $d/.written; echo $d; fi; done");
        Assert.Empty(writable.Split('\n').Except(WritableMounts));
    }

    [Fact]
    public void Only_the_expected_mounts_are_writable()
    {
        List<string> wrong = [];
        foreach (string line in Shell.Run("cat /proc/self/mountinfo").Split('\n'))
        {
            // proc(5): ID PARENT DEVICE ROOT MOUNT-POINT OPTIONS [TAGS] - TYPE SOURCE SUPER-OPTIONS
            string[] fields = line.Split(' ');
            string mountPoint = fields[4];
            bool writable = fields[5].Split(',').Contains("rw") && fields[^1].Split(',').Contains("rw");
            if (writable && !WritableMounts.Any(w => mountPoint == w || mountPoint.StartsWith(w + "/", StringComparison.Ordinal)))
                wrong.Add(line);
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Root_is_the_image_of_the_active_slot_on_a_loop_device()
    {
        Assert.StartsWith("/dev/loop", Shell.Run("findmnt -n -o SOURCE /"), StringComparison.Ordinal);
        Assert.Contains("ro", Shell.Run("findmnt -n -o OPTIONS /").Split(','));
        Assert.EndsWith("/cOS/active.img", Shell.Run("losetup -n -O BACK-FILE $(findmnt -n -o SOURCE /)"), StringComparison.Ordinal);
        Assert.Equal("1", Shell.Run("losetup -n -O RO $(findmnt -n -o SOURCE /)").Trim());
        Assert.Equal("active_mode", Shell.Run("cd /run/cos; ls *_mode"));
        Assert.Equal("1", Shell.Run("cat /run/cos/active_mode"));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/var")]
    [InlineData("/srv")]
    public void Ephemeral_paths_are_overlays_that_look_like_the_directory_below(string path)
    {
        Assert.Equal("overlay", Shell.Run($"findmnt -n -o FSTYPE -M {path}"));
        Shell.Run("mkdir -p /run/below && { mountpoint -q /run/below || mount --bind / /run/below; }");
        Assert.Equal(Shell.Run($"stat -c '%a %u %g' /run/below{path}"), Shell.Run($"stat -c '%a %u %g' {path}"));
        Shell.Run("umount /run/below");
    }

    [Theory]
    [InlineData("/home", "/.state/home.bind")]
    [InlineData("/var/log", "/.state/var-log.bind")]
    [InlineData("/etc/ssh", "/.state/etc-ssh.bind")]
    public void Persistent_paths_are_binds_from_their_store(string path, string store)
    {
        Assert.Equal(store, Shell.Run($"findmnt -n -o FSROOT -M {path}"));
        Assert.Equal("COS_PERSISTENT", Shell.Run($"findmnt -n -o LABEL -M {path}"));
    }

    [Fact]
    public void Persistent_paths_contain_the_files_of_the_image()
    {
        Shell.Run("cmp /etc/ssh/sshd_config.d/host-key.conf /usr/local/.state/etc-ssh.bind/sshd_config.d/host-key.conf");
        Shell.Run("test -s /etc/ssl/certs/ca-certificates.crt || test -d /etc/ssl/certs");
        Assert.Equal("700 0 0", Shell.Run("stat -c '%a %u %g' /root"));
    }

    [Fact]
    public void Findmnt_verify_reports_no_error()
    {
        (int status, string output) = Shell.Try("findmnt --verify");
        Assert.True(status == 0, output);
        // findmnt recommends a check of the root at boot; a read-only image is replaced, not repaired.
        string[] other = output.Split('\n').Where(line => line.Contains("[W]") || line.Contains("[E]")).ToArray();
        Assert.All(other, line => Assert.Contains("recommended root FS passno is 1", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_line_of_fstab_is_mounted()
    {
        string missing = Shell.Run(
            "grep -v '^#' /etc/fstab | while read -r what where rest; do mountpoint -q \"$where\" || echo \"$what $where\"; done");
        Assert.Equal("", missing);
        string[] points = Shell.Run("grep -v '^#' /etc/fstab").Split('\n').Select(l => l.Split(' ')[1]).ToArray();
        Assert.Superset(new HashSet<string> { "/", "/etc", "/var", "/usr/local", "/oem", "/home" }, points.ToHashSet());
    }

    [Fact]
    public void Nothing_of_the_initrd_is_left()
    {
        Assert.Equal("systemd", Shell.Run("cat /proc/1/comm"));
        // A program of the initramfs would appear as deleted, or with a path that does not exist in the root.
        string foreign = Shell.Run(
            "for p in /proc/[0-9]*; do e=$(readlink $p/exe) || continue; [ -e \"$e\" ] || echo \"$p $e\"; done; pgrep -a kairos-boot || :");
        Assert.Equal("", foreign);
        string descriptors = Shell.Run("for f in /proc/1/fd/*; do readlink $f; done | grep '^/' || :");
        Assert.DoesNotContain("(deleted)", descriptors, StringComparison.Ordinal);
        Assert.DoesNotContain("/sysroot", descriptors, StringComparison.Ordinal);
        Assert.Equal("", Shell.Run("awk '$5 ~ /^\\/sysroot/' /proc/self/mountinfo"));
        Assert.DoesNotContain(".ko", descriptors, StringComparison.Ordinal);
        Assert.DoesNotContain("kairos-boot", descriptors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_says_good_and_names_slot_steps_and_disks()
    {
        JsonElement root = Report.Of(Shell);
        Assert.Empty(root.GetProperty("failedBoots").EnumerateArray());
        Assert.True(root.GetProperty("verdict").GetString() == "good", root.ToString());
        Assert.Equal("active", root.GetProperty("slot").GetString());
        Assert.Equal("/cOS/active.img", root.GetProperty("image").GetString());
        Assert.Equal(0, root.GetProperty("cloudConfigProblems").GetArrayLength());
        Assert.All(root.GetProperty("steps").EnumerateArray(), step => Assert.Equal("ok", step.GetProperty("result").GetString()));
        Assert.Contains(root.GetProperty("devices").EnumerateArray(), d => d.GetProperty("label").GetString() == "COS_STATE");
        Assert.Contains("kairos-boot:", Shell.Run("dmesg"), StringComparison.Ordinal);
        Shell.Run("test -s /run/kairosboot/boot.log");
    }

    [Fact]
    public void The_journal_has_every_line_of_the_boot_log()
    {
        // Through a pipe, because journalctl colours lines on a terminal.
        string[] journal = Shell.Run("journalctl -b -t kairos-boot -o cat | cat").Split('\n');
        // boot.log: [time] level text; the kernel's log has the text, one record a line.
        string[] log = Shell.Run("sed 's/^\\[[^]]*\\] [a-z]* *//' /run/kairosboot/boot.log").Split('\n');
        Assert.Contains(log, line => line.StartsWith("required: mkdir -p /run/initramfs/cos-state && mount ", StringComparison.Ordinal));
        Assert.Contains(log, line => line.StartsWith("verdict good", StringComparison.Ordinal));
        Assert.Empty(log.Where(line => line.Length < 300).Except(journal));
        Assert.Equal("", Shell.Run("journalctl -b -k --no-pager | grep -i 'missed.*kernel messages' || :"));
    }

    [Fact]
    public void Systemd_analyze_shows_the_time_of_the_initrd()
    {
        string times = Shell.Run("systemd-analyze time");
        Figures.Add("systemd-analyze", times.Split('\n')[0]);
        Assert.Matches(@" \(kernel\) \+ .*s \(initrd\) \+ .* \(userspace\)", times);
        long initrd = long.Parse(Shell.Run("systemctl show --value -p InitRDTimestampMonotonic"),
            System.Globalization.CultureInfo.InvariantCulture);
        long userspace = long.Parse(Shell.Run("systemctl show --value -p UserspaceTimestampMonotonic"),
            System.Globalization.CultureInfo.InvariantCulture);
        JsonElement report = Report.Of(Shell);
        Assert.Equal(report.GetProperty("kernelMicroseconds").GetInt64(), initrd);
        // The rest is the time after the report: to free the initramfs and to start systemd.
        Assert.True(userspace - initrd >= report.GetProperty("stageMicroseconds").GetInt64(), $"{initrd} to {userspace}");
        // The clocks agree to the second: its real time is the start of the kernel plus the monotonic time.
        long realTime = long.Parse(Shell.Run("date -d \"$(systemctl show --value -p InitRDTimestamp)\" +%s"),
            System.Globalization.CultureInfo.InvariantCulture);
        long kernel = long.Parse(Shell.Run("date -d \"$(systemctl show --value -p KernelTimestamp)\" +%s"),
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(realTime - kernel - initrd / 1_000_000, -1, 1);
    }

    [Fact]
    public void A_reload_of_systemd_changes_no_mount()
    {
        const string Mounts = "awk '{print $3, $4, $5, $6}' /proc/self/mountinfo | grep -v ' /proc/sys/fs/binfmt_misc '";
        string before = Shell.Run(Mounts);
        Shell.Run("systemctl daemon-reload && systemctl start local-fs.target");
        Assert.Equal(before, Shell.Run(Mounts));
        Assert.Equal("", Shell.FailedUnits());
    }

    [Fact]
    public void The_cloud_config_of_the_oem_partition_has_run()
    {
        Assert.Equal("kairos-demo", Shell.Run("hostname"));
        Assert.Contains("sudo", Shell.Run("id -nG kairos").Split(' '));
        Assert.Equal("440", Shell.Run("stat -c %a /etc/sudoers.d/kairos"));
    }
}

public sealed class DebianThroughBiosGrub(BiosGrub machine) : RunningDebianTests(machine), IClassFixture<BiosGrub>
{
    [Fact]
    public void The_loader_names_the_partition_it_loaded_from()
    {
        string partUuid = Shell.Run("lsblk -n -o PARTUUID $(findmnt -n -o SOURCE /run/initramfs/cos-state)");
        Assert.Contains($"kairosboot.disk={partUuid}", Shell.Run("cat /proc/cmdline"), StringComparison.OrdinalIgnoreCase);
    }
}

public sealed class DebianThroughUefiGrub(UefiGrub machine) : RunningDebianTests(machine), IClassFixture<UefiGrub>
{
    [Fact]
    public void The_firmware_is_uefi() => Shell.Run("test -d /sys/firmware/efi");
}

public sealed class DebianWithDirectKernel(DirectKernel machine) : RunningDebianTests(machine), IClassFixture<DirectKernel>
{
    [Fact]
    public void Systemd_gets_the_arguments_that_the_kernel_does_not_know() =>
        Assert.Matches("^/sbin/init --switched-root --system --deserialize [0-9]+ oneword$",
            Shell.Run("tr '\\0' ' ' < /proc/1/cmdline").Trim());

    [Fact]
    public void Peak_memory_of_the_boot_program_stays_below_10_MiB()
    {
        using JsonDocument report = JsonDocument.Parse(Shell.Run("cat /run/kairosboot/report.json"));
        long peak = report.RootElement.GetProperty("peakResidentKiB").GetInt64();
        Figures.Add("kairos-boot peak resident memory", $"{peak} KiB");
        Figures.Add("direct kernel: stage", $"{report.RootElement.GetProperty("stageMicroseconds").GetInt64() / 1000} ms");
        Figures.Add("direct kernel: kernel before the stage",
            $"{report.RootElement.GetProperty("kernelMicroseconds").GetInt64() / 1000} ms");
        Assert.InRange(peak, 1, 10 * 1024);
    }
}
