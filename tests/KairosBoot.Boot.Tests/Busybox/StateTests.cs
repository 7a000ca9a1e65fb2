using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Persistent state across images. Every file of every image has the same time of change, as reproducible builds have them.</summary>
public sealed class StateTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private const string Passive = "cos-img/filename=/cOS/passive.img root=LABEL=COS_PASSIVE panic=1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // disk: | COS_STATE: active.img with /opt as version 1 has it, passive.img as version 2 | COS_PERSISTENT |
    private static SmallDisk Disk(int files = 0) => new(
        new Partition("COS_STATE", 32, ("/cOS/active.img", Image(1, files)), ("/cOS/passive.img", Image(2, files))), new Partition("COS_PERSISTENT", 16));

    [Fact]
    public void A_new_image_changes_what_the_user_left_alone_and_the_old_one_changes_it_back()
    {
        using SmallDisk disk = Disk();
        using QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "state", Disks = [disk.File], CommandLine = Active });
        GuestShell shell = GuestShell.OfBusybox(first);
        shell.Run("cd /opt && for f in same changed dropped; do echo user > $f-edited; rm $f-deleted; done; echo user > mine; echo user > made");
        shell.Leave("poweroff");
        first.ExpectEnd(Limit);

        using QemuMachine second = first.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(second);
        Assert.Equal(
            "changed-edited=user changed-left=2 dropped-edited=user made=user mine=user new=2 same-edited=user same-left=1", Contents(shell));
        string log = shell.Run("cat /run/kairosboot/boot.log");
        Assert.Contains("followed 1, added 1, removed 1, kept 3 that both changed", log, StringComparison.Ordinal);
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
            "changed-edited=user changed-left=1 dropped-edited=user dropped-left=1 made=user mine=user same-edited=user same-left=1", Contents(shell));
    }

    [Theory]
    [InlineData("blocks", "cat /dev/zero > /usr/local/filler; sync; test -n \"$(df /usr/local | grep 100%)\"")]
    [InlineData("inodes", "i=0; while (: > /usr/local/filler$i); do i=$((i+1)); done; sync; test $i -gt 1000")]
    public void A_full_disk_boots_a_new_image_with_everything_that_was_stored(string what, string fill)
    {
        using SmallDisk disk = Disk();
        using QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "state-full-" + what, Disks = [disk.File], CommandLine = Active });
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
        Assert.Contains("no space is left for", shell.Run("grep -c 'no space is left' /run/kairosboot/boot.log; cat /run/kairosboot/report.json"), StringComparison.Ordinal);
        shell.Run("rm -f /usr/local/filler /usr/local/filler*0 /usr/local/filler*1 /usr/local/filler*2");
        shell.Leave("poweroff");
        second.ExpectEnd(Limit);

        using QemuMachine third = second.SwitchOnAgain(Passive);
        shell = GuestShell.OfBusybox(third);
        Assert.Contains("changed-left=2 ", Contents(shell), StringComparison.Ordinal);
        Assert.Equal("good", Verdict(shell));
    }

    [Fact]
    public void A_machine_whose_plug_is_pulled_while_files_follow_an_image_ends_with_all_of_one_image()
    {
        using SmallDisk disk = Disk(files: 600);
        QemuMachine machine = QemuMachine.Start(new MachineSpec { Name = "state-cut", Disks = [disk.File], CommandLine = Active + " rd.immucore.debug" });
        try
        {
            GuestShell shell = GuestShell.OfBusybox(machine);
            shell.Run("cd /opt && for f in same changed dropped; do echo user > $f-edited; rm $f-deleted; done; echo user > mine; sync");
            int early = 0;
            // The two images take turns; each gets a little further before the plug is pulled.
            for (int cut = 0; cut < 6; cut++)
            {
                machine = machine.SwitchOnAgain((cut % 2 == 0 ? Passive : Active) + " rd.immucore.debug");
                machine.Console.Expect(Limit, " /sysroot/usr/local [");
                Thread.Sleep(cut * 250);
                early += machine.Console.Text.Contains("compared with it", StringComparison.Ordinal) ? 0 : 1;
            }
            Assert.True(early > 1, $"only {early} of 6 cuts came before the files were in place");
            machine = machine.SwitchOnAgain(Passive);
            shell = GuestShell.OfBusybox(machine);
            Assert.Equal("changed-edited=user changed-left=2 dropped-edited=user made=2 mine=user new=2 same-edited=user same-left=1", Contents(shell));
            Assert.Equal("600", shell.Run("cat /opt/many/* | grep -c '^version 2$'"));
            Assert.Equal("manifest", shell.Run("ls /usr/local/.state/.kairosboot"));
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

    private static string Mounts(GuestShell shell) => shell.Run("awk '$3 != \"devtmpfs\" && $3 != \"tmpfs\" && $2 != \"/\" {print $1, $2}' /proc/mounts");

    private static string Verdict(GuestShell shell)
    {
        using JsonDocument report = JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));
        return report.RootElement.GetProperty("verdict").GetString()!;
    }

    private static long SeedMicroseconds(GuestShell shell)
    {
        using JsonDocument report = JsonDocument.Parse(shell.Run("cat /run/kairosboot/report.json"));
        return report.RootElement.GetProperty("steps").EnumerateArray()
            .Single(step => step.GetProperty("command").GetString()!.Contains("cp -a", StringComparison.Ordinal)).GetProperty("microseconds").GetInt64();
    }
}
