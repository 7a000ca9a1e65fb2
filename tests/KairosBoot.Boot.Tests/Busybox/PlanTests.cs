namespace KairosBoot.Boot.Tests;

/// <summary><c>kboot plan</c> on a node: would the next boot work?</summary>
public sealed class PlanTests
{
    private const string State = "/run/initramfs/cos-state", Passive = "/run/passive";

    private readonly GuestShell shell;
    private readonly QemuMachine machine;
    private readonly SmallDisk other;
    private readonly GrubDisk disk;

    // disk: as kboot builds it; plugged in later: | COS_STATE: an initrd without a driver for virtio disks |
    public PlanTests()
    {
        disk = new GrubDisk(UpgradeImages.First);
        other = new SmallDisk(new Partition("COS_STATE", 8, ("/initrd", InitrdFor("nvme"))));
        machine = QemuMachine.Start(new MachineSpec { Name = "plan", Disks = [disk.File], LateDisk = other.File });
        shell = GuestShell.OfBusybox(machine);
    }

    [Fact]
    public void Each_check_of_the_next_boot_finds_its_fault_and_nothing_on_a_sound_machine()
    {
        using (disk)
        using (other)
        using (machine)
        {
            Assert.Equal("active is good", shell.Run("kboot assess good"));
            Assert.Equal("0\n", Plan());
            System.Text.Json.JsonElement plan = PlannedBoot.Parse(shell.Run("kboot plan --json"));
            Assert.Equal("next: the first in the order|if active is not marked good|if passive is not marked good",
                string.Join('|', plan.GetProperty("slots").Strings("reason")));
            PlannedBoot.Compare(plan, Report.Of(shell));
            shell.Run("echo 'u:x:1000:1000::/:/bin/sh' >> /etc/passwd");
            Assert.Contains("requires root\n  to fix: run sudo kboot plan", shell.Try("su u -c 'kboot plan'").Output);

            TheMachine();
            TheConfigs();
            Assert.Equal("0\n", Plan());
            ThePassiveImage();
            TheDevices();
        }
    }

    private void TheMachine()
    {
        shell.Run($"mount -o remount,rw {State}");
        Finds("error", "counters", $"{State}/bootstate is missing", $"mv {State}/bootstate {State}/x",
            $"mv {State}/x {State}/bootstate");
        Finds("error", "counters", $"{State}/bootstate is 3 bytes long", $"cp {State}/bootstate {State}/x; echo no > {State}/bootstate",
            $"mv {State}/x {State}/bootstate");
        Finds("warning", "menu", "is older than this kboot",
            $"cp {State}/grub/grub.cfg {State}/x; sed -i 's/^# kairosboot-menu .*/# kairosboot-menu 1/' {State}/grub/grub.cfg",
            $"mv {State}/x {State}/grub/grub.cfg");
        Finds("warning", "space", "COS_STATE has", $"fallocate -l 110M {State}/fill", $"rm {State}/fill");
        Finds("warning", "space", "COS_PERSISTENT is full",
            "fallocate -l $(df -k /usr/local | awk 'END {print $4}')k /usr/local/fill; " +
                "dd if=/dev/zero of=/usr/local/more 2>/dev/null || true",
            "rm /usr/local/fill /usr/local/more");
        Finds("error", "image", $"the image {State}/cOS/active.img is missing", $"mv {State}/cOS/active.img {State}/x",
            $"mv {State}/x {State}/cOS/active.img");
        // The next boot does not need it.
        Finds("warning", "image", $"warning: passive: {State}/cOS/passive.img is truncated", $"cp {State}/cOS/passive.img {State}/x; " +
            $"truncate -s 30M {State}/cOS/passive.img", $"mv {State}/x {State}/cOS/passive.img");
        shell.Run($"mount -o remount,ro {State}");
        Finds("error", "counters", "/dev/vda5 is write-protected", "blockdev --setro /dev/vda5", "blockdev --setrw /dev/vda5");
    }

    private void TheConfigs()
    {
        const string Layout = "stages: {rootfs: [{environment_file: /run/cos/cos-layout.env, environment: {REQUIRED_PATHS: /data, " +
            "VOLUMES: \"LABEL=COS_PERSISTENT:/usr/local LABEL=%:/data\"}}]}";
        Finds("error", "mount points", "active: the image has no directory /data, which is a mount point",
            $"echo '{Layout.Replace("%", "COS_OEM")}' > /oem/90.yaml", "rm /oem/90.yaml");
        Finds("error", "labels", "LABEL=NOWHERE:/data (/run/cos/cos-layout.env:2): no such device appeared",
            $"echo '{Layout.Replace("%", "NOWHERE")}' > /oem/90.yaml", "rm /oem/90.yaml");
        // The conditions are those of the slot that boots next.
        Finds("error", "mount points", "passive: the image has no directory /data", "kboot select passive --once; " +
            $"echo '{Layout.Replace("%", "COS_OEM").Replace("[{", "[{if: grep -q COS_PASSIVE /proc/cmdline, ")}' > /oem/90.yaml; " +
            "kboot plan | grep 'slot passive: 3 tries left; next, once: it was selected'",
            "rm /oem/90.yaml; kboot select active --once; kboot assess good");
        Finds("warning", "configs", "warning: active: /oem/90.yaml:", "echo 'stages: [' > /oem/90.yaml", "rm /oem/90.yaml");
    }

    private void ThePassiveImage()
    {
        const string Command = " --cmdline 'root=LABEL=COS_PASSIVE cos-img/filename=/cOS/passive.img kairosboot.env=ok kairosboot.disk='" +
            "$(sed 's/.*kairosboot.disk=//; s/ .*//' /proc/cmdline)";
        Assert.Equal("0\n", Plan(Command));
        machine.PlugLateDisk();
        shell.Run("while [ ! -e /dev/vdb1 ]; do sleep 1; done; mkdir /run/other /run/passive; mount -o ro /dev/vdb1 /run/other; " +
            $"mount -o remount,rw {State}; mount -o loop {State}/cOS/passive.img {Passive}; " +
            $"cp /run/other/initrd {Passive}/boot/initrd; umount {Passive} /run/other");
        Assert.Matches("drivers: error(.|\n)*error: passive: the initrd for kernel .* has no driver virtio_blk, which the boot disk " +
            "/dev/vda", Plan(Command));
        shell.Run($"cp {State}/cOS/active.img {State}/cOS/passive.img; mount -o loop {State}/cOS/passive.img {Passive}; " +
            $"sed -i /report-good/d {Passive}/etc/inittab; umount {Passive}");
        Assert.Matches("good report: error(.|\n)*error: passive: nothing in it runs kboot assess good", Plan(Command));
        shell.Run($"cp {State}/cOS/active.img {State}/cOS/passive.img; mount -o remount,ro {State}");
    }

    // The loader's partition tells the disks apart; without it the boot would wait for an operator.
    private void TheDevices()
    {
        Assert.Matches("^0\nlabels: warning\nwarning: active: LABEL=COS_STATE is also on /dev/vdb1 ", Plan());
        Assert.Matches("^1\nlabels: error\nerror: active: LABEL=COS_STATE is also on /dev/vdb1 ", Plan(" --cmdline root=LABEL=COS_ACTIVE"));
        Assert.StartsWith("1\n", Plan(" --strict"));
    }

    /// <summary>Makes a fault, which one check finds, and undoes it.</summary>
    private void Finds(string result, string check, string problem, string fault, string undo)
    {
        shell.Run(fault);
        string found = Plan();
        shell.Run(undo);
        Assert.StartsWith($"{(result == "error" ? 1 : 0)}\n{check}: {result}\n", found);
        Assert.Contains(problem, found);
    }

    /// <summary>Exit code, the checks that are not well, and standard error.</summary>
    private string Plan(string options = "") => shell.Run(
        $"kboot plan{options} >/run/plan 2>/run/errors; echo $?; sed -n 's/^# check //p' /run/plan | grep -v ': ok$'; cat /run/errors")
        .ReplaceLineEndings("\n") + "\n" is var text && text.TrimEnd() == "0" ? "0\n" : text;

    private static byte[] InitrdFor(string modules)
    {
        string file = Path.GetTempFileName();
        try
        {
            Tool.Run(Assets.KBoot, "initrd", "build", "--root", Assets.KernelRoot, "--modules", modules, "--init", Assets.KairosBoot,
                "--output", file);
            return File.ReadAllBytes(file);
        }
        finally { File.Delete(file); }
    }
}
