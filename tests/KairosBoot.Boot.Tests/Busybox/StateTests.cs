using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Persistent state across images. All files of all images have the same modification time, as in reproducible builds.</summary>
public sealed class StateTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private const string Passive = "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // disk: | COS_STATE: active.img with /opt of version 1, passive.img with /opt of version 2 | COS_PERSISTENT |
    private static SmallDisk Disk(int files = 0) => new(
        new Partition("COS_STATE", 32, ("/cOS/active.img", Image(1, files)), ("/cOS/passive.img", Image(2, files))),
            new Partition("COS_PERSISTENT", 16));

    [Fact]
    public void An_image_updates_unchanged_files_and_the_old_image_reverts_them()
    {
        using SmallDisk disk = Disk();
        using QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "state", Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(first);
        shell.Run("cd /opt && for f in same changed dropped; do echo user > $f-edited; rm $f-deleted; done; echo user > mine; echo user " +
            "> made");
        shell.Leave("poweroff");
        first.ExpectEnd(Limit);

        using QemuMachine second = first.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(second);
        Assert.Equal(
            "changed-edited=user changed-left=2 dropped-edited=user made=user mine=user new=2 same-edited=user same-left=1",
                Contents(shell));
        string log = shell.Run("cat /run/kairosboot/boot.log");
        Assert.Contains("1 files updated, 1 added, 1 removed, 3 kept that both changed", log, StringComparison.Ordinal);
        Assert.Contains("/opt/changed-edited: changed by the user and by the image", log, StringComparison.Ordinal);
        Assert.Equal("good", Verdict(shell));
        long merge = SeedMicroseconds(shell);
        shell.Leave("poweroff");
        second.ExpectEnd(Limit);

        using QemuMachine again = second.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(again);
        Assert.DoesNotContain("compared with it", shell.Run("cat /run/kairosboot/boot.log"), StringComparison.Ordinal);
        Figures.Add("persistent state, new image and same image", $"{merge} us, {SeedMicroseconds(shell)} us");
        shell.Leave("poweroff");
        again.ExpectEnd(Limit);

        using QemuMachine back = again.SwitchOnAgain(Active);
        shell = GuestShell.OfBusybox(back);
        Assert.Equal(
            "changed-edited=user changed-left=1 dropped-edited=user dropped-left=1 made=user mine=user same-edited=user same-left=1",
                Contents(shell));
    }

    public static TheoryData<string> Limits => [.. (string[])(Thorough.Run ? ["blocks", "inodes"] : ["blocks"])];

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_full_disk_boots_a_new_image_and_keeps_the_stored_files(string what)
    {
        string fill = what == "blocks"
            ? "cat /dev/zero > /usr/local/filler; sync; test -n \"$(df /usr/local | grep 100%)\""
            : "i=0; while (: > /usr/local/filler$i); do i=$((i+1)); done; sync; test $i -gt 1000";
        using SmallDisk disk = Disk();
        using QemuMachine first =
            QemuMachine.Start(new MachineSpec { Name = "state-full-" + what, Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(first);
        string mounts = Mounts(shell);
        shell.Run("echo user > /opt/mine; sync");
        shell.Run($"({fill}) 2>/dev/null");
        shell.Leave("poweroff");
        first.ExpectEnd(Limit);

        using QemuMachine second = first.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(second);
        Assert.Equal(mounts, Mounts(shell));
        Assert.Contains("changed-left=1 ", Contents(shell), StringComparison.Ordinal);
        Assert.Contains("mine=user", Contents(shell), StringComparison.Ordinal);
        Assert.Equal("degraded", Verdict(shell));
        Assert.Contains("no space is left for",
            shell.Run("grep -c 'no space is left' /run/kairosboot/boot.log; cat /run/kairosboot/report.json"), StringComparison.Ordinal);
        shell.Run("rm -f /usr/local/filler /usr/local/filler*0 /usr/local/filler*1 /usr/local/filler*2");
        shell.Leave("poweroff");
        second.ExpectEnd(Limit);

        using QemuMachine third = second.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(third);
        Assert.Contains("changed-left=2 ", Contents(shell), StringComparison.Ordinal);
        Assert.Equal("good", Verdict(shell));
    }

    [Fact]
    public void After_power_cuts_in_a_merge_all_files_are_of_one_image()
    {
        using SmallDisk disk = Disk(files: 600);
        QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "state-cut", Disks = [disk.File], CommandLine = Active + " rd.immucore.debug" });
        try
        {
            GuestShell shell = GuestShell.OfBusybox(machine);
            shell.Run("cd /opt && for f in same changed dropped; do echo user > $f-edited; rm $f-deleted; done; echo user > mine; sync");
            int early = 0, cuts = Thorough.Run ? 6 : 4;
            // The two images alternate; each boot gets a little further before the power cut.
            for (int cut = 0; cut < cuts; cut++)
            {
                machine = machine.SwitchOnAgain((cut % 2 == 0 ? Passive : Active) + " rd.immucore.debug");
                machine.Console.Expect(Limit, "required: mkdir -p /sysroot/usr/local;");
                Thread.Sleep(cut * 250);
                early += machine.Console.Text.Contains("compared with it", StringComparison.Ordinal) ? 0 : 1;
            }
            Assert.True(early > 1, $"only {early} of {cuts} cuts came before the files were in place");
            machine = machine.SwitchOnAgain(Passive);
            shell = GuestShell.OfBusybox(machine);
            Assert.Equal("changed-edited=user changed-left=2 dropped-edited=user made=2 mine=user new=2 same-edited=user same-left=1",
                Contents(shell));
            Assert.Equal("600", shell.Run("cat /opt/many/* | grep -c '^version 2$'"));
            Assert.Equal("first-boot key manifest", shell.Run("echo $(ls /usr/local/.state/.kairosboot)"));
            Assert.Equal("good", Verdict(shell));
        }
        finally
        {
            machine.Dispose();
        }
    }

    private static byte[] Image(int version, int files) => BusyboxRoot.ImageWith($"version {version}", tree =>
    {
        string opt = Path.Combine(tree, "opt");
        foreach (string user in (string[])["left", "edited", "deleted"])
        {
            File.WriteAllText($"{opt}/same-{user}", "1\n");
            File.WriteAllText($"{opt}/changed-{user}", $"{version}\n");
            if (version == 1) File.WriteAllText($"{opt}/dropped-{user}", "1\n");
        }
        if (version == 2)
        {
            File.WriteAllText($"{opt}/new", "2\n");
            File.WriteAllText($"{opt}/made", "2\n");
        }
        if (files > 0) Directory.CreateDirectory($"{opt}/many");
        for (int i = 0; i < files; i++)
            File.WriteAllText($"{opt}/many/{i}", $"version {version}\n");
        Tool.Run("find", opt, "-exec", "touch", "-h", "-d", "@1", "{}", "+");
    });

    private static string Contents(GuestShell shell) =>
        shell.Run("cd /opt && for f in $(find . -maxdepth 1 -type f | sort); do echo \"${f#./}=$(cat $f)\"; done").Replace('\n', ' ');

    private static string Mounts(GuestShell shell) =>
        shell.Run("awk '$3 != \"devtmpfs\" && $3 != \"tmpfs\" && $2 != \"/\" {print $1, $2}' /proc/mounts");

    private static string Verdict(GuestShell shell)
    {
        using JsonDocument report = JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));
        return report.RootElement.GetProperty("verdict").GetString()!;
    }

    private static long SeedMicroseconds(GuestShell shell)
    {
        using JsonDocument report = JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));
        return report.RootElement.GetProperty("steps").EnumerateArray()
            .Single(step => step.GetProperty("command").GetString()!.Contains("cp -a", StringComparison.Ordinal))
                .GetProperty("microseconds").GetInt64();
    }
}
