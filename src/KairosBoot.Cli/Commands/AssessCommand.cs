using System.CommandLine;
using KairosBoot.Lifecycle;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot assess good|bad|reset|wait|retry</c></summary>
internal static class AssessCommand
{
    internal static Command Create() => new("assess", "Mark a slot good or bad, reset its boot counter, or try the normal order again.")
    {
        Verdict("good", "Mark the booted slot good: it gets all tries back. Without SLOT, the programs in " + SystemPaths.HealthChecks +
            " must succeed first. systemd does this after boot-complete.target.",
            SlotAssessment.MarkGood),
        Verdict("bad", "Mark a slot bad; it is not booted again.", SlotAssessment.MarkBad),
        Verdict("reset", "Give a slot all tries, as after an upgrade. Without SLOT: every slot, and a damaged counter file is recreated.",
            SlotAssessment.Reset),
        Wait(),
        Retry(),
    };

    private static Command Wait()
    {
        var command = new Command("wait",
            $"Wait until the booted slot is good; reboot the machine if that takes longer than {GoodDeadline.Option}= (default 60m).");
        command.SetAction(_ => InterruptibleWork.Run(cancellationToken =>
        {
            if (Syscall.GetEUid() != 0) throw new OperatorException("rebooting requires root", "run sudo kboot assess wait");
            GoodWatch.Run(Console.WriteLine, cancellationToken);
        }));
        return command;
    }

    private static Command Retry()
    {
        var command = new Command("retry", "In a recovery system that runs because a volume failed: wait until the volume is whole or " +
            "the wait is over, then reboot into the normal order. Not while somebody is logged in. A service of the image runs it.");
        command.SetAction(_ => VolumeWait.Run(Console.WriteLine));
        return command;
    }

    private static Command Verdict(string name, string description, Func<BootStateLocation, Slot?, string> assess)
    {
        var slot = BootStateOptions.Slot(isOptional: true);
        var state = BootStateOptions.State;
        var json = JsonOutput.Option;
        var command = new Command(name, description) { slot, state, json };
        command.SetAction(parsed =>
        {
            using var location = BootStateLocation.Open(parsed.GetValue(state));
            BootStateOutput.Print(location, assess(location, SlotNames.TryParse(parsed.GetValue(slot))), parsed.GetValue(json));
        });
        return command;
    }
}
