using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>The recipe of the README, followed to its end: image, disk, boot, ssh, upgrade, and an upgrade whose init crashes.</summary>
public sealed class RecipeTests
{
    // Work of a first boot that an image has done already: it would take minutes, and be lost at the next boot.
    private const string FirstBootUnits =
        "ldconfig.service systemd-hwdb-update.service systemd-sysusers.service systemd-journal-catalog-update.service";

    [Fact]
    public void A_machine_made_by_the_recipe_upgrades_over_ssh_and_survives_an_image_whose_init_crashes()
    {
        using RecipeMachine machine = new(Assets.Recipe, "recipe");
        machine.Console.Expect(TimeSpan.FromSeconds(60), "To end it: Ctrl-A X");
        machine.WaitForSystem();
        AssertHealthy(machine);
        AssertSystemd(machine);

        machine.Declare("zed", "test");
        Assert.Contains("reboot to use it", machine.UpgradeTo(machine.Second), StringComparison.Ordinal);
        machine.WaitForSystem();
        Assert.Equal("2", machine.Ssh(". /etc/os-release; echo $IMAGE_VERSION"));
        Assert.True(Slot(machine, 0).GetProperty("good").GetBoolean());
        (string zed, string test) = (Id(machine, "zed"), Id(machine, "test"));
        machine.SshAs("zed", "echo mine > ~/file");

        // zed is renamed, and aaa comes before all others.
        machine.Declare("zoe", "test", "aaa");
        machine.UpgradeTo(machine.Broken);
        machine.Console.Expect(TimeSpan.FromSeconds(600), "This init crashes.");
        machine.WaitForSystem();
        Assert.Equal("2", machine.Ssh(". /etc/os-release; echo $IMAGE_VERSION"));
        Assert.Equal("passive_mode", machine.Ssh("cd /run/cos; ls *_mode"));
        Assert.Equal(test, Id(machine, "test"));
        Assert.Equal(4, new[] { zed, test, Id(machine, "zoe"), Id(machine, "aaa") }.Distinct().Count());
        Assert.NotEqual(0, machine.Try("true", "zed").Status);
        Assert.Equal($"{zed} mine", machine.Ssh("echo $(stat -c %u /home/zed) $(sudo cat /home/zed/file)"));
        string status = machine.Ssh("sudo kboot status");
        Assert.Contains("Attempted to kill init! exitcode=0x00008b00", status, StringComparison.Ordinal);
        Assert.Equal(0, Slot(machine, 0).GetProperty("triesLeft").GetInt32());
    }

    [ThoroughTheory]
    [InlineData("bookworm", "sysvinit")]
    [InlineData("bookworm", "openrc")]
    [InlineData("trixie", "systemd")]
    [InlineData("trixie", "sysvinit")]
    [InlineData("trixie", "openrc")]
    public void Each_release_and_init_boots_and_reboots(string release, string init)
    {
        string recipe = Tool.Run(Assets.RecipeScript, release, init).TrimEnd('\n');
        using RecipeMachine machine = new(recipe, $"recipe-{release}-{init}");
        machine.WaitForSystem();
        AssertHealthy(machine);
        if (init == "systemd") AssertSystemd(machine);
        machine.UpgradeTo(machine.Second);
        machine.WaitForSystem();
        Assert.Equal("2", machine.Ssh(". /etc/os-release; echo $IMAGE_VERSION"));
        AssertHealthy(machine);
    }

    private static string Id(RecipeMachine machine, string user)
    {
        string id = machine.SshAs(user, "id -u");
        Assert.Equal($"{id} {id}", machine.SshAs(user, "stat -c '%u %g' ~"));
        return id;
    }

    private static void AssertHealthy(RecipeMachine machine)
    {
        Assert.Equal("node1", machine.Ssh("hostname"));
        Assert.DoesNotMatch("ERROR: (cos-setup|kairosboot)", machine.Console.Text);
        // sudo complains on standard error if the name of the machine cannot be resolved.
        Assert.Equal("", machine.Ssh("sudo true 2>&1"));
        JsonElement report = JsonDocument.Parse(machine.Ssh("sudo cat /run/kairosboot/report.json")).RootElement;
        Assert.Equal("good", report.GetProperty("verdict").GetString());
        Assert.True(Slot(machine, 0).GetProperty("good").GetBoolean());
        Assert.Contains("verdict ", machine.Ssh("kboot status"), StringComparison.Ordinal);
        machine.Ssh("test -s /usr/share/man/man8/kboot-upgrade.8 && bash -n /usr/share/bash-completion/completions/kboot");
        Assert.Contains("default via", machine.Ssh("ip route"), StringComparison.Ordinal);
        Assert.Contains("nameserver", machine.Ssh("cat /etc/resolv.conf"), StringComparison.Ordinal);
        machine.Ssh("pgrep 'systemd-timesyn|chronyd'");
        machine.Ssh("sudo test -s /usr/local/.state/etc-ssh.bind/ssh_host_ed25519_key.pub && test ! -e /etc/ssh/ssh_host_rsa_key");
    }

    private static void AssertSystemd(RecipeMachine machine)
    {
        Assert.Equal("", machine.Ssh("systemctl is-system-running --wait >/dev/null; systemctl --failed --plain --no-legend"));
        foreach (string unit in FirstBootUnits.Split(' '))
            Assert.Equal("ConditionResult=no", machine.Ssh($"systemctl show -p ConditionResult {unit}"));
    }

    private static JsonElement Slot(RecipeMachine machine, int slot) => machine.Status.GetProperty("slots")[slot];
}
