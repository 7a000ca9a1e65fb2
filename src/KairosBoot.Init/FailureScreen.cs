using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The end of a boot that must not go on: what, where and how to fix it, on every console, then a reboot.</summary>
internal static class FailureScreen
{
    private static readonly ImmutableArray<string> Mounted = [SystemPaths.Sysroot, SystemPaths.Overlays, SystemPaths.State];

    public static void ShowAndReboot(Exception failure, int panicSeconds)
    {
        // Whatever fails here must not keep the machine from rebooting.
        try
        {
            KernelLog.ShowEverything();
            using var log = new KernelLog();
            foreach (var line in Lines(failure)) log.Write(2, line);
            log.Write(2, panicSeconds > 0 ? $"rebooting in {panicSeconds} s" : "rebooting");
            MountTable.UnmountBelow(Mounted);
            Syscall.Sync();
            Syscall.Pause(TimeSpan.FromSeconds(panicSeconds));
        }
        catch (Exception) { }
        Syscall.Reboot(RebootCommand.Restart);
    }

    private static List<string> Lines(Exception failure) => failure switch
    {
        OperatorException e => ["BOOT FAILED: " + e.Problem, "to fix it: " + e.Fix],
        StepFailedException e => ["BOOT FAILED: " + e.Result.Error, "step: " + e.Result.Step.Summary],
        SyscallException e => ["BOOT FAILED: " + e.Message],
        _ => [$"BOOT FAILED: internal error {failure.GetType().Name}: {failure.Message}"],
    };
}
