using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// This commit with the disks, counters, manifests and configs of an earlier commit, and the earlier commit as fallback on data of this
/// one.
/// Only tests/compatibility.sh runs these tests: it builds the earlier commit first.
/// </summary>
[Trait("Needs", "earlier")]
public sealed class CompatibilityTests
{
    private const string Config = """
        stages:
          rootfs:
            - name: layout
              environment_file: /run/cos/cos-layout.env
              environment:
                VOLUMES: "LABEL=COS_PERSISTENT:/usr/local"
                OVERLAY: "tmpfs:25%"
                RW_PATHS: "/var /etc /srv"
                PERSISTENT_STATE_PATHS: "/home /opt /root /var/log /etc/ssh"
                PERSISTENT_STATE_TARGET: /usr/local/.state
                PERSISTENT_STATE_BIND: "true"
          initramfs:
            - name: account
              hostname: fleet-7
              commands:
                - "echo operator:x:1000:1000::/home/operator:/bin/sh >> /etc/passwd"
                - mkdir -p /home/operator && chown 1000:1000 /home/operator
            - name: files
              authorized_keys:
                operator: ["ssh-ed25519 AAAA operator"]
              directories:
                - path: /home/operator/.config
                  owner: 1000
                  group: 1000
                  permissions: 0750
              files:
                - path: /home/operator/.kube/config
                  content: "of root, in a home"
                  permissions: 0600
                - path: /etc/fleet.conf
                  content: "fleet"
                  permissions: 0640
        """;

    private static readonly GrubDisk.Kind Earlier = UpgradeImages.First with { Earlier = true, CloudConfig = Config };

    // Data that a machine must keep in both of its systems.
    private const string Kept =
        "cat /etc/machine-id /etc/hostname /etc/fleet.conf /home/operator/.kube/config /home/operator/.ssh/authorized_keys /opt/mine " +
        "/root/notes;" +
        "stat -c '%n %u %g %a' /home/operator /home/operator/.ssh /home/operator/.ssh/authorized_keys /home/operator/.config " +
            "/home/operator/.kube/config /opt /root";

    [Fact]
    public void A_disk_of_the_earlier_commit_upgrades_boots_and_falls_back()
    {
        // disks: the first as the earlier kboot builds it, the second with new.img and broken.img of this commit, built for that kboot
        using GrubDisk disk = new(Earlier);
        using SmallDisk images =
            UpgradeImages.Disk(("new.img", UpgradeImages.Get("new", zstd: true)),
            ("broken.img", UpgradeImages.Get("broken", init: UpgradeImages.NeverGood, zstd: true)));
        using UpgradingMachine machine = new(
            new MachineSpec { Name = "compatibility", Firmware = Firmware.Uefi, Disks = [disk.File, images.File] });
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        machine.Shell.Run("echo user > /opt/mine; echo user > /root/notes; chmod 710 /opt; sync");
        string kept = machine.Shell.Run(Kept);

        // The earlier kboot installs the new image; the new kairos-boot reads the earlier counters, manifest and stores.
        Assert.Equal("active is new, passive is what was active", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        machine.Restart();
        AssertNoProblem(machine);
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal(kept, machine.Shell.Run(Kept));
        Assert.Equal("active is good", machine.Shell.Run("kboot assess good"));
        Assert.Equal("3+ 3+ 3", machine.Slots);
        machine.Shell.Run("echo later > /opt/later; echo changed > /etc/ssh/key; sync");

        // The earlier kairos-boot with data that the new one has written.
        machine.Shell.Run("kboot select passive --once");
        machine.Restart();
        Assert.Equal(("passive", ("busybox", "good")), (machine.Boots, machine.System));
        Assert.Equal(kept, machine.Shell.Run(Kept));
        Assert.Equal("later changed", machine.Shell.Run("echo $(cat /opt/later /etc/ssh/key)"));
        AssertNoProblem(machine);
        Assert.Equal("passive is good", machine.Shell.Run("kboot assess good"));

        // A new image that never reports good: its kairos-boot records the failed boots, the earlier one reads them.
        Assert.Equal("active is new, passive is as before", machine.Change("kboot upgrade --image /mnt/broken.img").Outcome);
        machine.Restart();
        Assert.Equal(("active active active passive", ("busybox", "degraded")), (machine.Boots, machine.System));
        Assert.Equal(kept, machine.Shell.Run(Kept));
        Assert.Matches("active +0 +no +", machine.Shell.Run("kboot status"));

        // The new kboot upgrades again after the earlier one has written.
        Assert.Equal("active is new, passive is as before", machine.Change("kboot upgrade --image /mnt/new.img").Outcome);
        machine.Restart();
        Assert.Equal(("active", ("new", "good")), (machine.Boots, machine.System));
        Assert.Equal(kept, machine.Shell.Run(Kept));
    }

    private static void AssertNoProblem(UpgradingMachine machine)
    {
        JsonElement report = Report.Of(machine.Shell);
        Assert.Equal("[] []", $"{report.GetProperty("problems")} {report.GetProperty("cloudConfigProblems")}");
        Assert.DoesNotContain(report.GetProperty("steps").EnumerateArray(), step => step.GetProperty("result").GetString() != "ok");
    }
}
