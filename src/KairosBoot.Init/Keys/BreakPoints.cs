using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Stops the boot for a time before the steps that <c>kairosboot.break=</c> names: for keys, or for a shell.</summary>
internal sealed class BreakPoints(KeyScreen keys, OperatorShell shell, BootRecord record)
{
    private static readonly BootBlock NoCounters = BootBlock.Unusable("");

    public void Before(BootStep step, BootRequest request)
    {
        if (!request.HasBreak(step)) return;
        record.Note(StepClass.Degraded, "kairosboot.break: the boot stopped before the step " + step.Name());
        var level = KernelLog.ShowEverything();
        using var log = new KernelLog();
        Wait(step, request, log);
        KernelLog.Show(level);
    }

    private void Wait(BootStep step, BootRequest request, KernelLog log)
    {
        var decision = shell.Decide(request);
        if (decision.Refusal is null)
        {
            log.Write(2, KeyTexts.BreakWithShell(step));
            if (keys.TryOpenShell(request, decision, log)) return;
        }
        if (request.Shell != ShellMode.Never) log.Write(2, "no shell: " + (decision.Refusal ?? "the machine has no console"));
        log.Write(2, KeyTexts.Break(step, request.TakesKeys));
        var menu = new KeyMenu(request, new(request.Slot, NoCounters)) { IsBreak = true, NoShell = decision.Refusal };
        var key = keys.Wait(request, menu, KeyWait.ExtensionSeconds, log);
        if (key != ScreenKey.None) log.Write(2, menu.Choose(key, keys.Console).Key!);
        if (key == ScreenKey.Reboot) FailureScreen.RebootNow(log);
    }
}
