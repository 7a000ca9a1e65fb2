using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A Debian with as much configuration as a distribution ships and an owner adds: the files of <c>Debian/Fleet</c> on COS_OEM. The tests
/// check the second boot, which finds on the disk what the first one wrote. With --all, guest time is counted in instructions, so that the
/// measured cost of the stages hardly depends on the host; that is several times slower.
/// </summary>
public sealed partial class FleetMachine : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-fleet-");

    public FleetMachine()
    {
        string disk = Path.Combine(_work.FullName, "disk.raw");
        Tool.Run(Assets.KBoot, ["disk", "build", "--image", Assets.SystemImage, "--recovery", Assets.RecoveryImage, "--output", disk,
            .. Assets.FleetConfigs.Order(StringComparer.Ordinal).SelectMany(config => new[] { "--cloud-config", config })]);
        Machine = QemuMachine.Start(new MachineSpec
        {
            Name = "fleet", Disks = [disk], MemoryMiB = 1024, CountsInstructions = Thorough.Run,
            // The serial console gets no line for each entry: those lines would be most of the measured time.
            CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5 quiet loglevel=3",
        });
        try
        {
            AddCost("first boot", GuestShell.LogIn(Machine));
            Machine = Machine.SwitchOnAgain();
            Shell = GuestShell.LogIn(Machine);
            AddCost("second boot", Shell);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Adds a figure: the time of the stages without the commands of the configs.</summary>
    private static void AddCost(string boot, GuestShell shell)
    {
        long all = 0, commands = 0;
        foreach (Match match in StageLine().Matches(shell.Run("sync; grep 'cloud-config stage' /run/kairosboot/boot.log")))
        {
            all += long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            commands += long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        }
        Assert.NotEqual(0, commands);
        if (!Thorough.Run) return;
        Figures.Add($"fleet config, {boot}: stages without their commands, guest time",
            $"{(all - commands) / 1000.0:F1} ms of {all / 1000.0:F1}");
    }

    [GeneratedRegex(@"stage \w+: 0 problems \[(\d+) us, of it (\d+) us in commands\]")]
    private static partial Regex StageLine();

    public QemuMachine Machine { get; }

    public GuestShell Shell { get; } = null!;

    public void Dispose()
    {
        Machine.Dispose();
        _work.Delete(recursive: true);
    }
}

public sealed class FleetConfigTests(FleetMachine fleet) : IClassFixture<FleetMachine>
{
    private GuestShell Shell => fleet.Shell;

    [Fact]
    public void No_entry_has_a_problem_and_the_boot_is_good()
    {
        JsonElement report = Report.Of(Shell);
        Assert.Equal("[]", report.GetProperty("cloudConfigProblems").GetRawText());
        Assert.Equal("good", report.GetProperty("verdict").GetString());
        Assert.Equal("", Shell.FailedUnits());
    }

    [Fact]
    public void All_35_paths_of_the_layout_persist()
    {
        string[] binds = Shell.Run("findmnt -n -l -o TARGET,FSROOT | awk '$2 ~ /^\\/\\.state/ {print $1}'").Split('\n');
        Assert.Equal(35, binds.Length);
        Assert.Superset(new HashSet<string> { "/etc/cni", "/var/lib/rook", "/var/lib/snapd", "/var/log", "/var/lib/tailscale" },
            binds.ToHashSet());
    }

    [Fact]
    public void Stages_run_in_their_order_with_before_and_after() => Assert.Equal(
        ["rootfs.before", "rootfs", "rootfs.after", "initramfs.before", "only-here", "initramfs.after"],
            Shell.Run("cat /run/order").Split('\n'));

    [Fact]
    public void The_name_comes_from_the_machine_id()
    {
        string id = Shell.Run("cat /etc/machine-id");
        Assert.Equal($"node-{id[..4]}", Shell.Run("hostname"));
        Assert.Equal($"node-{id[..4]}", Shell.Run("cat /run/named"));
        Assert.Equal(id[..8], Shell.Run(". /etc/environment; echo $FLEET_ID"));
    }

    [Fact]
    public void Users_and_groups_exist_with_their_rights()
    {
        Assert.Equal("fleet-admin:x:900:operator", Shell.Run("getent group fleet-admin"));
        Assert.Equal("/home/operator:/bin/bash", Shell.Run("getent passwd operator | cut -d: -f6,7"));
        Assert.Equal("600 operator", Shell.Run("stat -c '%a %U' /home/operator/.ssh/authorized_keys"));
        Assert.Equal("440 root", Shell.Run("stat -c '%a %U' /etc/sudoers.d/fleet"));
        Assert.Equal("uid=0(root)", Shell.Run("su operator -c 'sudo -n id' | cut -d' ' -f1"));
        Assert.Equal("770 root fleet-admin", Shell.Run("stat -c '%a %U %G' /oem"));
    }

    [Fact]
    public void Later_stages_run_in_the_booted_system()
    {
        // Both are results of the stage boot.
        Shell.Run("until systemctl -q is-active cos-setup-boot; do sleep 1; done");
        Assert.Equal("guest", Shell.Run("getent passwd guest | cut -d: -f1"));
        Assert.Equal("600 late", Shell.Run("echo $(stat -c %a /etc/late) $(cat /etc/late)"));
    }

    [Fact]
    public void The_first_boot_is_repeated_until_it_ends_without_an_error()
    {
        Shell.Run("until systemctl show -p ActiveState kairosboot-first-boot | grep -qx ActiveState=active; do sleep 1; done");
        Assert.Equal("2", Shell.Run("cat /usr/local/first-boots | wc -l"));
        Assert.Equal("", Shell.Run("ls /run/kairosboot/first-boot /usr/local/.state/.kairosboot/first-boot 2>/dev/null || true"));
        Assert.NotEqual("", Shell.Run("ls /usr/local/.state/.kairosboot"));
    }

    [Fact]
    public void Units_are_enabled_masked_and_overridden()
    {
        Assert.Equal("started", Shell.Run("until systemctl -q is-active fleet-agent; do sleep 1; done; cat /run/fleet-agent"));
        Assert.Equal("active", Shell.Run("systemctl is-active fleet-watch.timer"));
        Assert.Equal("masked", Shell.Try("systemctl is-enabled systemd-pcrphase.service").Output);
        Assert.Equal("Environment=FLEET=1", Shell.Run("systemctl show -p Environment systemd-journald"));
        Assert.Equal("multi-user.target", Shell.Run("systemctl get-default"));
        Assert.Equal("hostkey /etc/ssh/ssh_host_fleet_key", Shell.Run("sshd -T | grep fleet_key"));
    }

    [Fact]
    public void Entries_with_a_false_condition_do_not_run()
    {
        Assert.Equal("A machine of the fleet.", Shell.Run("head -n 1 /etc/motd | cut -d. -f1").Trim() + ".");
        Assert.Equal("", Shell.Run(
            "ls -d /etc/modprobe.d/graphics.conf /etc/systemd/system/getty@tty1.service.d /etc/systemd/system/fleet-installer.service " +
            "2>/dev/null || true"));
        Assert.Equal("600 0", Shell.Run("stat -c '%a %s' /run/.no_userdata"));
        Assert.Equal("262144 1", Shell.Run("echo $(sysctl -n vm.max_map_count net.ipv4.ip_forward)"));
        Assert.Equal("dummy", Shell.Run("lsmod | awk '$1 == \"dummy\" {print $1}'"));
    }

    [Theory]
    [InlineData("fleet-secret-token-0815")]
    [InlineData("FleetPasswordHashThatNobodyMayReadInALog")]
    [InlineData("stQHVRixGNaEQzNT/tDYyEt4zUpO")]
    public void A_secret_is_in_no_log_and_no_report(string secret)
    {
        string log = Shell.Run("cat /run/kairosboot/boot.log");
        Assert.Contains("token", log, StringComparison.Ordinal); // the entry with the secret has run
        Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, fleet.Machine.Console.Text, StringComparison.Ordinal);
        // In two halves, so that the journal does not contain the secret from the command line of the search.
        Assert.Equal("0", Shell.Run(
            $"s={secret[..9]}; (dmesg; journalctl -q; cat /run/kairosboot/boot.log /run/kairosboot/report.json) | grep -c -e " +
            $"\"${{s}}{secret[9..]}\" || true"));
        Assert.NotEqual("0", Shell.Run($"s={secret[..9]}; cat /oem/*.yaml | grep -c -e \"${{s}}{secret[9..]}\""));
        Assert.Equal("600 root", Shell.Run("stat -c '%a %U' /etc/rancher/config.yaml"));
    }
}
