using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>Keys on the failure screen, breaks and shells, over a serial line.</summary>
public sealed class KeyTests
{
    private const string Active = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE kairosboot.timeout=5";
    private const string Up = "\u001b[A", Menu = "the machine now waits 120 s for a key";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public void Keys_lead_to_the_next_slot_and_past_a_missing_volume()
    {
        // disk: | COS_STATE: active.img passive.img bootstate |; root is locked in the images
        using SmallDisk disk = new(new Partition("COS_STATE", 40, ("/cOS/active.img", Image("active", "!")),
            ("/cOS/passive.img", Image("passive", "!")), ("/bootstate", GrubDisk.Block(""))));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys", Disks = [disk.File], CommandLine = Active + " panic=60 kairosboot.shell=auth",
        });
        SerialConsole console = machine.Console;
        console.Expect(Limit, "BOOT FAILED: LABEL=COS_PERSISTENT");
        console.Expect(Limit, "rebooting in 60 s; for keys press ESC twice");
        // Neither keys without ESC ESC, nor cursor keys, nor bytes that happen to contain a key.
        console.Send("rnv" + Up + Up + "\u001b\u001b[Ar\0\0\u001b\0\u001br");
        OpenKeys(console);
        console.Expect(Limit, "  s  shell: not possible: the root account is locked in the image");
        console.Send("s");
        console.Expect(Limit, "s: not possible: the root account is locked in the image");
        console.Send("v");
        console.Expect(Limit, "v: not possible: the boot disk has no COS_RECOVERY");
        console.Send("l");
        console.Expect(Limit, "log, lines ");
        console.Expect(Limit, "booting active from /cOS/active.img");
        console.Send(Up);
        console.Expect(Limit, "this is no key; for keys press ESC twice again");
        OpenKeys(console);
        console.Send("n");
        console.Expect(Limit, "key n on ttyS0: boot passive, this time only");
        console.Expect(Limit, "BOOT FAILED: LABEL=COS_PERSISTENT");
        OpenKeys(console);
        console.Send("t");
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.Equal("passive", shell.Run("cat /name"));
        Assert.Equal("tmpfs", shell.Run("awk '$2 == \"/usr/local\" {print $3}' /proc/mounts"));
        Assert.Contains("data written to /usr/local is lost", shell.Run("cat /run/motd.d/kairosboot-persistent"), StringComparison.Ordinal);
        Assert.Matches("^[0-9]+$", shell.Run("cat /run/kairosboot/held-seconds"));
        JsonElement report = Report.Of(shell);
        Assert.Equal(("passive", "degraded"), (report.GetProperty("slot").GetString(), report.GetProperty("verdict").GetString()));
        string problems = string.Join('\n', report.GetProperty("problems").Strings("text"));
        Assert.Contains("key n on ttyS0: boot passive", problems, StringComparison.Ordinal);
        Assert.Contains("key t on ttyS0: boot passive without COS_PERSISTENT", problems, StringComparison.Ordinal);
        // Each slot has one counted attempt: that of active was returned, because its image was not at fault.
        string block = shell.Run("cat /run/initramfs/cos-state/bootstate");
        Assert.Contains("\npassive_left=2\n", block, StringComparison.Ordinal);
        Assert.DoesNotContain("active_left=2", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_break_opens_the_sulogin_of_the_image_and_the_boot_continues()
    {
        // disk: | COS_STATE: active.img | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", Image("active", Hash("secret")))),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys-break", Disks = [disk.File], CommandLine = Active + " kairosboot.shell=auth kairosboot.break=volumes,nothing",
        });
        SerialConsole console = machine.Console;
        console.Expect(Limit, "BREAK before volumes: the layout is read; its volumes are not mounted");
        console.Expect(Limit, "/sbin/sulogin opens on ttyS0, for at most 60 min");
        console.Expect(Limit, "to continue): ");
        SendUntil(console, "secret\n", "# ");
        console.Send("cat /name; tty; grep -c /usr/local /proc/mounts; readlink /proc/1/exe\n");
        console.Expect(Limit, "active/dev/ttyS0\n0\n/kept/shutdown\n");
        // Processes that leave the session, and ignore what a hang-up sends, must not stay.
        console.Send("trap '' HUP TERM; setsid sleep 5000 & setsid setsid sleep 6000 & sleep 7000 & exit\n");
        console.Expect(Limit, "the shell has ended");
        GuestShell shell = GuestShell.OfBusybox(machine);
        Assert.NotEqual(0, shell.Try("ps | grep '[s]leep [567]000'").Status);
        JsonElement report = Report.Of(shell);
        string problems = string.Join('\n', report.GetProperty("problems").Strings("text"));
        Assert.Contains("kairosboot.break: nothing is not a step of the boot (disk, image, rootfs,", problems, StringComparison.Ordinal);
        Assert.Contains("the boot stopped before the step volumes", problems, StringComparison.Ordinal);
        Assert.Contains("a shell was opened on ttyS0: /sbin/sulogin", problems, StringComparison.Ordinal);
        Assert.StartsWith("/dev/vda2", shell.Run("grep ' /usr/local ' /proc/mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shell_without_a_password_is_that_of_the_initrd_and_then_that_of_the_image()
    {
        // disk: | COS_OEM | COS_STATE: active.img |; the initrd has a static shell
        string initrd = Path.Combine(Assets.Out, "boot-tests", "keys-debug-shell.img");
        Directory.CreateDirectory(Path.GetDirectoryName(initrd)!);
        Tool.Run(Assets.KBoot, "initrd", "build", "--root", Assets.KernelRoot, "--modules", "virtio", "--init", Assets.KairosBoot,
            "--debug-shell", "/bin/busybox", "--output", initrd);
        Assert.Contains("\nshell    kairosboot.shell=always opens", Tool.Run(Assets.KBoot, "initrd", "inspect", initrd),
            StringComparison.Ordinal);
        using SmallDisk disk = new(new Partition("COS_OEM", 8), new Partition("COS_STATE", 24, ("/cOS/active.img", Image("active", "!"))));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys-always", Disks = [disk.File], Initrd = initrd,
            CommandLine = Active + " panic=60 kairosboot.shell=always kairosboot.break=disk",
        });
        SerialConsole console = machine.Console;
        console.Expect(Limit, "BREAK before disk: the command line is read; no disk was looked for");
        console.Expect(Limit, "/debug-shell/sh opens on ttyS0");
        console.Expect(Limit, "# ");
        console.Send("echo $((40 + 2)) $PPID; test -e /sysroot/name || exit\n");
        console.Expect(Limit, "42 1\n");
        console.Expect(Limit, "BOOT FAILED: LABEL=COS_PERSISTENT");
        OpenKeys(console);
        console.Send("s");
        console.Expect(Limit, "/bin/sh opens on ttyS0");
        console.Expect(Limit, "# ");
        console.Send("cat /name && exit\n");
        console.Expect(Limit, "active");
        console.Expect(Limit, "the shell has ended");
        // The line is as before: keys count only after ESC ESC, once in this wait.
        console.Send("r");
        console.Expect(Limit, "key r on ttyS0: reboot now");
        machine.ExpectEnd(Limit);
        string oem = Tool.Run("debugfs", "-R", "cat /kairosboot/failed-boots", machine.DiskAsLeft(0) + "?offset=1048576");
        Assert.Contains("problem: LABEL=COS_PERSISTENT", oem, StringComparison.Ordinal);
        Assert.Contains("\n  then an operator pressed key r on ttyS0: reboot now\n", oem, StringComparison.Ordinal);
        Assert.Single(oem.Split('\n'), line => line == "--- boot failed ---");
    }

    [Fact]
    public void After_the_switch_of_the_root_a_key_chooses_the_slot_of_the_next_boot()
    {
        // disk: | COS_RECOVERY: recovery.img | COS_STATE: active.img, bootstate | COS_PERSISTENT |; init of active cannot be executed
        byte[] broken = BusyboxRoot.ImageWith("active", tree =>
        {
            BusyboxRoot.SetInit(tree, "");
            File.WriteAllText(tree + "/sbin/init", "#!/nothing\n");
        });
        using SmallDisk disk = new(new Partition("COS_RECOVERY", 24, ("/cOS/recovery.img", Image("recovery", "!"))),
            new Partition("COS_STATE", 24, ("/cOS/active.img", broken), ("/bootstate", GrubDisk.Block(""))),
            new Partition("COS_PERSISTENT", 16));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys-new-root", Disks = [disk.File], CommandLine = Active + " panic=60",
        });
        machine.Console.Expect(Limit, "BOOT FAILED: execve");
        OpenKeys(machine.Console);
        machine.Console.Expect(Limit, "  t  without COS_PERSISTENT: not possible: the system is mounted already");
        machine.Console.Send("v");
        machine.Console.Expect(Limit, "key v on ttyS0: boot recovery, this time only");
        machine.ExpectEnd(Limit);
        using QemuMachine next = machine.SwitchOnAgain();
        GuestShell shell = GuestShell.OfBusybox(next);
        Assert.Equal("recovery", shell.Run("cat /name"));
        JsonElement report = Report.Of(shell);
        Assert.Equal("oneshot", report.GetProperty("why").GetString());
        Assert.Contains("\nthen an operator pressed key v on ttyS0: boot recovery",
            Assert.Single(report.GetProperty("failedBoots").Strings("problem")), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_never_end_do_not_hold_a_machine()
    {
        if (!Thorough.Run) return;
        // disk: | COS_OEM |; ESC ESC without an end
        using SmallDisk disk = new(new Partition("COS_OEM", 8));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys-never-end", Disks = [disk.File], CommandLine = Active + " panic=5", SkipsIdleTime = true,
        });
        machine.Console.Expect(Limit, "rebooting in 5 s; for keys press ESC twice");
        int menus = 0;
        for (DateTime end = DateTime.UtcNow + 5 * Limit; DateTime.UtcNow < end;)
        {
            machine.Console.Send("\u001b\u001b");
            try
            {
                if (machine.Console.ExpectOrEnd(TimeSpan.FromSeconds(1), Menu) is null) break;
                menus++;
            }
            catch (TimeoutException) { }
        }
        machine.ExpectEnd(Limit);
        Assert.InRange(menus, 1, 15 * 60 * 5);
    }

    [Fact]
    public void A_USB_keyboard_works_on_the_screen_and_its_driver_is_loaded_only_there()
    {
        if (!Thorough.Run) return;
        // disk: | COS_STATE: active.img |; the console is the screen, and the serial line shows the same
        using SmallDisk disk = new(new Partition("COS_STATE", 24, ("/cOS/active.img", Image("active", "!"))));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "keys-usb", Disks = [disk.File], Kernel = Assets.GenericKernel, Initrd = Assets.GenericDriversInitrd,
            HasUsbKeyboard = true, MemoryMiB = 512, CommandLine = Active + " console=tty0 panic=60",
        });
        string before = machine.Console.Expect(Limit, "BOOT FAILED: LABEL=COS_PERSISTENT");
        Assert.DoesNotContain("usbhid", before, StringComparison.Ordinal);
        machine.Console.Expect(Limit, "hid-generic ");
        for (int attempt = 0; attempt < 5; attempt++)
        {
            machine.Press("esc");
            machine.Press("esc");
            try
            {
                machine.Console.Expect(TimeSpan.FromSeconds(5), Menu);
                break;
            }
            catch (TimeoutException) when (attempt < 4) { }
        }
        machine.Press("r");
        machine.Console.Expect(Limit, "key r on tty0: reboot now");
        machine.ExpectEnd(Limit);
    }

    // As NoLoaderTests: with a directory for the modules of the running kernel.
    private static byte[] Image(string name, string password) => BusyboxRoot.ImageWith(name, tree =>
    {
        Directory.CreateDirectory(Path.Combine(tree, "lib/modules",
            Path.GetFileName(Directory.GetDirectories(Path.Combine(Assets.KernelRoot, "lib/modules")).Single())));
        BusyboxRoot.AddProgram(tree, "/sbin/sulogin", "/sbin/sulogin");
        File.WriteAllText(tree + "/etc/shadow", $"root:{password}:19000:0:99999:7:::\n");
    }, mebibytes: 16);

    private static string Hash(string password) => Tool.Run("openssl", "passwd", "-6", password).Trim();

    // Keys count after a silence, and what was sent before may still be on its way.
    private static void OpenKeys(SerialConsole console) => SendUntil(console, "\u001b\u001b", Menu);

    // A program that begins to read a line may drop what arrived just before.
    private static void SendUntil(SerialConsole console, string text, string answer)
    {
        for (int attempt = 0; ; attempt++)
        {
            console.Send(text);
            try
            {
                console.Expect(TimeSpan.FromSeconds(5), answer);
                return;
            }
            catch (TimeoutException) when (attempt < 5) { }
        }
    }
}
