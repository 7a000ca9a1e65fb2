using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The boot, top to bottom. Before: the kernel's own file systems are mounted and the log is open. After: the image is the root, its layout
/// is in place, and its own init is PID 1.
/// </summary>
internal static class Boot
{
    /// <summary>Attempts, one slot after the other, until one has handed over or nothing is left to attempt. Does not return.</summary>
    public static void Run(Machine machine, string[] arguments)
    {
        // Each round removes a slot or spends the only retry, so the loop terminates.
        while (true)
        {
            var failure = Attempt(machine, arguments);
            var decision = FailurePolicy.Decide(failure, machine.Progress);
            switch (decision.Action)
            {
                case FailureAction.Retry: machine.PrepareRetry(failure); break;
                case FailureAction.FallBack: machine.FallBack(failure, decision); break;
                case FailureAction.Reboot: FailureScreen.ShowAndReboot(failure, machine, decision.Counters); break;
                case FailureAction.Stop: FailureScreen.ShowAndStop(machine); break;
            }
        }
    }

    /// <summary>Returns only where it failed.</summary>
    private static BootFailure Attempt(Machine machine, string[] arguments)
    {
        try
        {
            BootSlot(machine, arguments);
            return new(FailureKind.Other, "the hand-over returned");
        }
        // The failure of an attempt is a value from here on.
        catch (Exception e) { return FailureClassification.Of(e, machine.Request.ImagePath); }
    }

    private static void BootSlot(Machine machine, string[] arguments)
    {
        var request = machine.ReadRequest();
        // What to boot is decided; the command line is not looked at again.

        var disk = machine.FindBootDisk(request);
        machine.Apply(RootPlan.ForImages(request, disk));
        machine.CountAttempt(request, disk);
        // This boot is counted, by the loader or here: whatever comes now, the slot has one try less.

        machine.Apply(RootPlan.For(request, disk));
        // The image is the read-only /sysroot; OEM is inside it; the sentinel tells cloud-configs which slot this is.

        machine.CheckImage(request.Init);
        // There is a program to hand over to, and the mount points it needs.

        machine.RunRootfsStage("rootfs");
        var layout = machine.ReadLayout(request);
        machine.Apply(RootPlan.ForOptions(layout, disk));
        // Cloud-config has had its say about the layout.

        var volumes = machine.FindVolumes(layout, disk);
        machine.Apply(LayoutPlan.For(layout, volumes, machine.FindOverlayDevice(layout, disk), machine.ImageId(request)));
        machine.CheckMounts();
        machine.WriteFsTab();
        // Every path of the layout is writable or persistent as it says, and mountinfo agrees.

        machine.Apply(IdentityPlan.For(volumes, disk));
        // The machine is the one it was at the last boot, whichever slot that was.

        machine.Apply(ApiFileSystems.ForUserland);
        machine.EnterNewRoot(ApiFileSystems.Moved);
        // The new root is /. The initrd's files are out of sight, its memory is not free yet.

        machine.RunStage("initramfs");
        machine.ReportFailedBoots(disk);
        machine.ReportFallback();
        machine.WriteReport();
        machine.LeaveInitrd();
        machine.HandOver(request.Init, arguments);
    }
}
