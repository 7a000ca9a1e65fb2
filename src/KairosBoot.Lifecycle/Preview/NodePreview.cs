using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// The next boot of this machine, with its real devices, images and cloud-configs, and the checks of <see cref="ReadinessChecks"/>. Nothing
/// is changed; images are mounted read-only, and no other process sees the mounts.
/// </summary>
public sealed class NodePreview
{
    private readonly NodeUnderCheck node;
    private readonly string commandLine;
    private readonly bool isGiven;
    private readonly ImmutableArray<PlanProblem>.Builder problems = ImmutableArray.CreateBuilder<PlanProblem>();
    private readonly Dictionary<string, CheckVerdict> verdicts = [];
    private readonly string configs;

    private NodePreview(NodeUnderCheck node, string? given, string configs)
    {
        this.configs = configs;
        (this.node, commandLine) = (node, given ?? FileText.Read("/proc/cmdline").Trim());
        // A command line that is given names its slot. That of this boot names the slot that runs now.
        if (given is null && node.Block.Counters.Next is { } next) commandLine = SlotCommandLine.For(commandLine, next);
        isGiven = given is not null;
    }

    /// <param name="commandLine">The kernel command line; null: that of this boot, for the slot that boots next.</param>
    /// <param name="configs">Directory with the content of COS_OEM; null: /oem.</param>
    /// <exception cref="OperatorException">The user is not root, or kairos-boot did not start this system.</exception>
    public static BootPreview Of(string? commandLine, string? configs)
    {
        if (Syscall.GetEUid() != 0)
        {
            throw new OperatorException("planning the next boot reads the disks and the images of this machine, which requires root",
                "run sudo kboot plan; the boot of a directory tree needs no root: kboot plan --root DIR");
        }

        if (configs is not null) TreePreview.RequireConfigs(configs);
        if (MountTable.Find(SystemPaths.State) is null)
        {
            throw new OperatorException($"nothing is mounted at {SystemPaths.State}: kairos-boot did not start this system",
                "run it on a machine that kairos-boot started, or plan the boot of a directory tree: kboot plan --root DIR");
        }

        using var location = BootStateLocation.Open(null);
        return new NodePreview(NodeUnderCheck.Of(location), commandLine, configs ?? SystemPaths.Oem).Preview();
    }

    private BootPreview Preview()
    {
        foreach (var check in ReadinessChecks.All)
        {
            verdicts[check.Name] = CheckVerdict.Ok;
            check.OfMachine?.Invoke(node, (problem, fix, isWarning) => Add(check, "", problem, fix, isWarning));
        }

        var chosen = new SlotUnderCheck(node, commandLine, configs);
        chosen.Inspect(() => Check(chosen, isNext: true));
        var slots = SlotOrder.Of(node.Block.Counters);
        foreach (var turn in slots)
        {
            if (turn.Slot == chosen.Request.Slot) continue;
            var other = new SlotUnderCheck(node, SlotCommandLine.For(commandLine, turn.Slot), configs);
            other.Inspect(() => Check(other, isNext: false));
        }

        return new(chosen.Request, chosen.Phases)
        {
            Assumptions = [.. Assumptions(chosen)], Problems = problems.ToImmutable(), Slots = slots,
            End = SlotOrder.End(node.Block.Counters),
            Checks = [.. ReadinessChecks.All.Select(check => new CheckedItem(check.Name, verdicts[check.Name]))],
        };
    }

    private IEnumerable<string> Assumptions(SlotUnderCheck slot)
    {
        if (!isGiven) yield return "the kernel arguments are those of this boot; the loader may add others for another slot or image";
        if (Syscall.TryStat(node.Location.Directory + SystemPaths.PendingKargs) is not null)
            yield return "kernel arguments that are pending (kboot kargs) are left out";
        foreach (var assumption in slot.Stage?.Assumptions ?? []) yield return assumption;
    }

    private void Check(SlotUnderCheck slot, bool isNext)
    {
        foreach (var check in ReadinessChecks.All)
        {
            try
            {
                // The next boot does not need the slots after it.
                check.OfSlot?.Invoke(slot, (problem, fix, isWarning) =>
                    Add(check, slot.Request.Slot.Name(), problem, fix, isWarning || !isNext));
            }
            catch (OperatorException failure) { Add(check, slot.Request.Slot.Name(), failure.Problem, failure.Fix, !isNext); }
            catch (SyscallException failure)
            {
                Add(check, slot.Request.Slot.Name(), failure.Message, "repair the slot: kboot upgrade, or kboot reset from recovery",
                    !isNext);
            }
        }
    }

    private void Add(ReadinessCheck check, string subject, string problem, string fix, bool isWarning)
    {
        if (check.IsShared && problems.Any(other => other.Problem == problem)) return;
        problems.Add(new(subject, problem, fix, isWarning));
        var verdict = isWarning ? CheckVerdict.Warning : CheckVerdict.Error;
        if (verdict > verdicts[check.Name]) verdicts[check.Name] = verdict;
    }
}
