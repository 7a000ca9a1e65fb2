namespace KairosBoot.Boot.Tests;

/// <summary>A reset that active requests and recovery does.</summary>
public sealed class RequestedResetTests
{
    [Fact]
    public void A_requested_reset_survives_a_power_cut_and_ends_in_active()
    {
        // disks: as kboot builds it, and one with the image of another system
        using GrubDisk disk = new(UpgradeImages.First with { RequestedResets = true });
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")));
        using UpgradingMachine machine = new(new MachineSpec { Name = "reset-request", Disks = [disk.File, images.File] });
        Assert.Equal("no reset is requested", machine.Shell.Run("kboot reset --cancel"));
        machine.Shell.Run("kboot assess good; touch /usr/local/data /oem/99_mine.yaml; sync");
        machine.Change("kboot upgrade --image /mnt/new.img");
        Assert.Contains("must be run from the recovery system", machine.Shell.Try("kboot reset --requested").Output,
            StringComparison.Ordinal);

        // The request and its end without a reboot.
        Assert.Contains("reboot to start it", machine.Shell.Run("kboot reset --at-next-boot --oem"), StringComparison.Ordinal);
        Assert.Contains("with COS_OEM", machine.Shell.Run("kboot status | grep ^reset:"), StringComparison.Ordinal);
        Assert.Equal("the request is removed; active is booted first", machine.Shell.Run("kboot reset --cancel"));
        Assert.Equal("", machine.Shell.Run("kboot status | grep ^reset: || true"));

        machine.Shell.Run("kboot reset --at-next-boot --oem --persistent");
        machine.RestartThroughReset(isCut: true);
        Assert.Equal(("active", ("busybox", "good")), (machine.Boots, machine.System));
        Assert.Equal(machine.Images.Active, machine.Images.Passive);
        Assert.Equal("", machine.Shell.Run("kboot status | grep ^reset: || true"));
        Assert.Equal("", machine.Shell.Run("ls -d /usr/local/data /oem/99_mine.yaml 2>/dev/null || true"));

        // Kairos' entry: the data is erased, the configs stay.
        machine.Shell.Run("kboot assess good; touch /usr/local/data /oem/99_mine.yaml; { printf '# GRUB Environment Block\\n" +
            "next_entry=statereset\\n'; head -c 977 /dev/zero | tr '\\0' '#'; } >/oem/grubenv; sync");
        machine.RestartThroughReset();
        Assert.Equal(("active", ("busybox", "good")), (machine.Boots, machine.System));
        Assert.Equal("/oem/99_mine.yaml", machine.Shell.Run("ls -d /usr/local/data /oem/99_mine.yaml 2>/dev/null || true"));
    }

    [Fact]
    public void A_recovery_image_that_would_not_reset_is_refused()
    {
        using GrubDisk disk = new(UpgradeImages.First);
        using SmallDisk images = UpgradeImages.Disk(("new.img", UpgradeImages.Get("new")));
        using UpgradingMachine machine = new(new MachineSpec { Name = "reset-refused", Disks = [disk.File, images.File] });
        string slots = machine.Slots;
        Assert.Contains("the recovery image has no service that runs kboot reset --requested",
            machine.Shell.Try("kboot reset --at-next-boot").Output, StringComparison.Ordinal);
        Assert.Equal((slots, "active"), (machine.Slots, machine.Status.GetProperty("next").GetString()));
    }
}
