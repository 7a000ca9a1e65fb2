using System.Text;

namespace KairosBoot.Plan.Tests;

/// <summary>The screens that take keys, as golden text, and what each key does.</summary>
public sealed class KeyMenuTests
{
    private static readonly BootCounters Counters = new()
    {
        Active = new(2, true, "a"), Passive = new(3, true, "b"), Recovery = new(3, false, "c"),
    };

    private static readonly BootRequest Active = Request("cos-img/filename=/cOS/active.img");

    [Fact]
    public void The_screens_are_the_golden_text()
    {
        var text = new StringBuilder();
        void Add(string name, KeyMenu menu) => text.Append(name).Append('\n').AppendJoin('\n', menu.Lines()).Append('\n');
        Add("active failed", Menu(Active, progress => progress));
        Add("active failed, after passive failed too, no recovery",
            Menu(Active, progress => progress with { Left = [Slot.Passive], RecoveryExists = false }, "kairosboot.shell=never"));
        Add("recovery failed", Menu(Request("root=LABEL=COS_RECOVERY"), progress => progress with { RecoveryExists = false }));
        Add("active failed after the switch of the root", new KeyMenu(Active, Progress(Active)) { HasNewRoot = true });
        Add("a disk does not answer", new KeyMenu(Active, Progress(Active)) { DiskHangs = true, NoShell = "kairosboot.shell=never" });
        Add("a break", new KeyMenu(Active, new(Slot.Active, BootBlock.Unusable("")))
        {
            IsBreak = true, NoShell = "kairosboot.shell=never",
        });
        Assert.Equal(Golden.ReplaceLineEndings("\n"), text.ToString());
    }

    [Fact]
    public void The_lines_around_the_keys_are_the_golden_text() => Assert.Equal("""
        rebooting in 10 s; for keys press ESC twice
        rebooting in 10 s
        rebooting
        the machine starts again in 30 min; to start now, switch it off and on; for keys press ESC twice
        BREAK before rootfs: the image is mounted at /sysroot; no cloud-config has run
        the boot continues in 120 s; for keys press ESC twice
        /sbin/sulogin opens on ttyS0, for at most 60 min; to continue: exit
        """.ReplaceLineEndings("\n"), string.Join('\n', KeyTexts.Reboot(10, true), KeyTexts.Reboot(10, false), KeyTexts.Reboot(0, true),
            KeyTexts.Stop(30, true), KeyTexts.Break(BootStep.RootFs, true), KeyTexts.ShellOpens("/sbin/sulogin", "ttyS0", 3600)));

    [Fact]
    public void Slots_are_booted_in_this_boot_and_after_the_switch_of_the_root_in_the_next_one()
    {
        var menu = Menu(Active, progress => progress);
        Assert.Equal((FailureAction.FallBack, (Slot?)Slot.Passive, (BootCounters?)null), Of(menu.Choose(ScreenKey.NextSlot, "ttyS0")));
        Assert.Equal((FailureAction.FallBack, (Slot?)Slot.Recovery, (BootCounters?)null), Of(menu.Choose(ScreenKey.Recovery, "ttyS0")));
        Assert.Equal((FailureAction.Reboot, (Slot?)null, (BootCounters?)null), Of(menu.Choose(ScreenKey.Reboot, "ttyS0")));
        menu = new KeyMenu(Active, Progress(Active)) { HasNewRoot = true };
        Assert.Equal((FailureAction.Reboot, (Slot?)null, Counters with { Once = Slot.Passive }),
            Of(menu.Choose(ScreenKey.NextSlot, "tty0")));
        Assert.Equal("key v on tty0: boot recovery, this time only", menu.Choose(ScreenKey.Recovery, "tty0").Key);
    }

    [Fact]
    public void An_attempt_whose_try_was_returned_is_counted_again()
    {
        var menu = new KeyMenu(Active, Progress(Active)) { IsUncounted = true };
        var decision = menu.Choose(ScreenKey.WithoutPersistent, "tty0");
        Assert.Equal((FailureAction.RetryWithoutPersistent, 1), (decision.Action, decision.Counters!.Active.Left));
        Assert.Null(Menu(Active, progress => progress).Choose(ScreenKey.WithoutPersistent, "tty0").Counters);
        var returned = new FailureDecision(FailureAction.Reboot, Counters.UncountAttempt(Slot.Active));
        Assert.True(FailurePolicy.ReturnsTry(returned, Slot.Active, Counters));
        Assert.False(FailurePolicy.ReturnsTry(new(FailureAction.Reboot), Slot.Active, Counters));
    }

    // A slot that was left is not offered again, so that keys cannot lead in a circle either.
    [Fact]
    public void Keys_leave_each_slot_once()
    {
        var progress = Progress(Active);
        var slots = new List<Slot>();
        for (var menu = new KeyMenu(Active, progress); menu.Refusal(ScreenKey.NextSlot) is null;)
        {
            var next = menu.Choose(ScreenKey.NextSlot, "tty0").Slot!.Value;
            progress = progress with { Left = progress.Left.Add(slots.Count == 0 ? Slot.Active : slots[^1]), Booting = next };
            slots.Add(next);
            menu = new KeyMenu(Active.ForSlot(next), progress);
        }
        Assert.Equal([Slot.Passive, Slot.Recovery], slots);
    }

    private static (FailureAction, Slot?, BootCounters?) Of(FailureDecision decision) =>
        (decision.Action, decision.Slot, decision.Counters);

    private static BootRequest Request(string commandLine) => BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));

    private static BootProgress Progress(BootRequest request) =>
        new(request.Slot, new(Counters, null)) { Counted = request.Slot, RecoveryExists = true };

    private static KeyMenu Menu(BootRequest request, Func<BootProgress, BootProgress> change, string? noShell = null) =>
        new(request, change(Progress(request))) { NoShell = noShell };

    private const string Golden = """
        active failed
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          n  boot passive, this time only
          v  boot recovery, this time only
          t  boot active without COS_PERSISTENT, this time only: data written to /usr/local is lost
          l  show the end of the log; again: the page before
          s  open a shell
        active failed, after passive failed too, no recovery
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          n  next slot: not possible: no other slot is left that has tries and was not tried in this boot
          v  recovery: not possible: the boot disk has no COS_RECOVERY
          t  boot active without COS_PERSISTENT, this time only: data written to /usr/local is lost
          l  show the end of the log; again: the page before
          s  shell: not possible: kairosboot.shell=never
        recovery failed
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          n  boot active, this time only
          v  recovery: not possible: this is recovery
          t  without COS_PERSISTENT: not possible: recovery does not use COS_PERSISTENT
          l  show the end of the log; again: the page before
          s  open a shell
        active failed after the switch of the root
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          n  boot passive, this time only
          v  boot recovery, this time only
          t  without COS_PERSISTENT: not possible: the system is mounted already; only r, n and v are possible
          l  show the end of the log; again: the page before
          s  open a shell
        a disk does not answer
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          n  next slot: not possible: the disk does not answer; only r helps
          v  recovery: not possible: the disk does not answer; only r helps
          t  without COS_PERSISTENT: not possible: the disk does not answer; only r helps
          l  show the end of the log; again: the page before
          s  shell: not possible: kairosboot.shell=never
        a break
        the machine now waits 120 s for a key, and again after each one:
          r  reboot now
          l  show the end of the log; again: the page before
          s  shell: not possible: kairosboot.shell=never
          c  continue the boot

        """;
}
