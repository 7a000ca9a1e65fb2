using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The boot, top to bottom. Before: the kernel's own file systems are mounted and the log is open. After: the image is the root, its layout
/// is in place, and its own init is PID 1.
/// </summary>
internal static class Boot
{
    /// <summary>Attempts one slot after the other until one has handed over or none is left. Does not return.</summary>
    public static void Run(BootParts parts, string[] arguments)
    {
        var request = parts.CommandLine.Request;
        parts.Plans.Apply(ApiFileSystems.ForShutdown);
        // Each round removes a slot, spends the only retry, or leaves out COS_PERSISTENT, so the loop terminates.
        while (true)
        {
            var failure = Attempt(parts, request, arguments);
            var decision = FailurePolicy.Decide(failure, parts.Fallback.Progress(request));
            // Only keys of an operator can choose otherwise.
            if (decision.EndsBoot) decision = parts.Screen.Show(failure, request, decision);
            switch (decision.Action)
            {
                case FailureAction.Retry: parts.Fallback.PrepareRetry(failure); break;
                case FailureAction.RetryWithoutPersistent:
                    request = parts.Fallback.RetryWithoutPersistent(request, failure, decision); break;
                case FailureAction.FallBack: request = parts.Fallback.FallBack(request, failure, decision); break;
                default: Syscall.Reboot(RebootCommand.Restart); break;
            }
        }
    }

    /// <summary>Returns only where it failed.</summary>
    private static BootFailure Attempt(BootParts parts, BootRequest request, string[] arguments)
    {
        try
        {
            BootSlot(parts, request, arguments);
            return new(FailureKind.Other, "the hand-over returned", TroubleFix.Defect);
        }
        // From here on the failure of an attempt is a value.
        catch (Exception e) { return FailureClassification.Of(e, request.ImagePath); }
    }

    private static void BootSlot(BootParts parts, BootRequest request, string[] arguments)
    {
        parts.CommandLine.Start(request);
        parts.WatchdogStart.Arm(request);
        parts.PstoreStart.Load();
        parts.Clock.EndPhase("start");
        // What to boot is decided; the command line is not read again.

        parts.Breaks.Before(BootStep.Disk, request);
        var disk = parts.Devices.FindBootDisk(request);
        parts.Plans.Apply(RootPlan.ForImages(request, disk));
        request = parts.Counting.CountAttempt(request, disk, isChosen: parts.Fallback.HasFallenBack);
        // This attempt is counted, by the loader or here: from now on a failure costs the slot this try.

        parts.Breaks.Before(BootStep.Image, request);
        parts.Plans.Apply(RootPlan.For(request, disk, parts.Devices.Seen));
        // The image is the read-only /sysroot; OEM is inside it; the sentinel tells cloud-configs which slot this is.

        ImageCheck.Check(request);
        parts.Kexec.StartOwnKernelIfNeeded(request);
        // The image has a program to hand over to, the mount points it needs, and modules for this kernel.

        parts.Breaks.Before(BootStep.RootFs, request);
        parts.Stages.RunRootfsStage(parts.Devices);
        parts.Breaks.Before(BootStep.Layout, request);
        var layout = LayoutFiles.Read(request, parts.Record);
        parts.Plans.Apply(RootPlan.ForOptions(layout, disk));
        // Cloud-config has decided about the layout.

        parts.Breaks.Before(BootStep.Volumes, request);
        var volumes = parts.Devices.FindVolumes(request, layout, disk);
        parts.Plans.Apply(LayoutPlan.For(layout, volumes, parts.Devices.FindOverlayDevice(layout, disk),
            ImageCheck.Identify(request, parts.Record)));
        parts.Mounts.CheckAndWriteFsTab();
        parts.Counting.ForgetVolumeFault(request);
        // Every path of the layout is writable or persistent as it says, and mountinfo agrees.

        parts.Plans.Apply(IdentityPlan.For(volumes, disk));
        // The machine has the machine id of the last boot, whichever slot that was.

        StartUserland(parts, request, disk, arguments);
    }

    private static void StartUserland(BootParts parts, BootRequest request, BootDisk disk, string[] arguments)
    {
        parts.Plans.Apply(ApiFileSystems.ForUserland);
        parts.HandOver.EnterNewRoot(ApiFileSystems.Moved);
        // The new root is /. The initrd's files are out of sight, its memory is not free yet.

        parts.Plans.Apply(KairosPlan.ForInit(request.Slot));
        parts.Breaks.Before(BootStep.InitRamFs, request);
        parts.Stages.RunInitramfsStage();
        parts.FailedBoots.Report(request, disk);
        parts.Devices.ReportUnused(request, disk);
        parts.Counting.ReportFallback(request, parts.Plans);
        Fallback.ReportLeftOut(request, parts.Plans);
        parts.Counting.ReportMenuFiles(request);
        parts.Counting.MarkUnassessedGood(request, parts.Plans);
        parts.Breaks.Before(BootStep.HandOver, request);
        parts.Report.Write(request);
        parts.HandOver.LeaveInitrd();
        parts.HandOver.Start(request.Init, arguments);
    }
}
