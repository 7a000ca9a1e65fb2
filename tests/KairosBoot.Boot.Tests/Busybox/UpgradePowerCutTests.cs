namespace KairosBoot.Boot.Tests;

/// <summary>Power cuts at random moments of an upgrade, on a disk with a write cache.</summary>
public sealed class UpgradePowerCutTests
{
    [Fact]
    public void After_a_power_cut_in_an_upgrade_a_complete_system_boots()
    {
        // disks: as kboot builds it, and one with new.img, newer.img
        // One while the image is copied and one while the slots are switched; more with --all.
        int count = Thorough.Run ? 5 : 2;
        int seed = Environment.TickCount;
        Random random = new(seed);
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")), ("newer.img", UpgradeImages.Get("newer")));
        using UpgradingMachine machine = new(
            new MachineSpec { Name = "upgrade-power-cut", Disks = [disk.File, images.File], LosesWhatWasNotFlushed = true });
        machine.Shell.Run("kboot assess good");

        DateTime started = DateTime.UtcNow;
        machine.Change("kboot upgrade --image /mnt/new.img");
        double upgrade = (DateTime.UtcNow - started).TotalMilliseconds;
        List<string> cuts = [];
        for (int cut = 0; cut < count; cut++)
        {
            // Most of an upgrade is copying and verification; the switch of the slots comes last and is short.
            string running = machine.System.Name, until = cut % 2 == 0 ? "switching" : "copying";
            int moment = (int)(random.NextDouble() * (until == "copying" ? upgrade : 500));
            machine.Begin($"kboot upgrade --image /mnt/{Other(running)}.img", until);
            Thread.Sleep(moment);
            machine.SwitchOn();

            cuts.Add($"{until} +{moment} ms: {machine.System.Name} in {machine.Boots} instead of {running}");
            string all = $"seed {seed}, {upgrade:F0} ms of an upgrade, cut at {string.Join(", ", cuts)}";
            (string name, string? verdict) = machine.System;
            Assert.True(machine.Boots is "active" or "passive", all);
            Assert.True(verdict == "good" && (name == running || name == Other(running)), $"{name} runs and is {verdict}: {all}");
            Assert.Equal($"{machine.Boots} is good", machine.Shell.Run("kboot assess good"));
        }

        string last = Other(machine.System.Name);
        (_, string id) = machine.Change($"kboot upgrade --image /mnt/{last}.img");
        machine.Restart();
        Assert.Equal(("active", (last, "good")), (machine.Boots, machine.System));
        Assert.Equal(id, machine.Images.Active);
        Assert.Equal("active.img passive.img", machine.Shell.Run("cd /run/initramfs/cos-state/cOS; echo *"));
        Figures.Add("power cuts of an upgrade in a machine",
            $"{count}, a whole system every time; {upgrade:F0} ms of an upgrade, cut at {string.Join(", ", cuts)}; seed {seed}");
    }

    private static string Other(string name) => name == "new" ? "newer" : "new";
}
