using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Runs the cloud-config stages of a boot and records what they report.</summary>
internal sealed class BootStages(StageProcess process, BootRecord record, BootClock clock)
{
    /// <summary>Stage <c>rootfs</c>: it sees the image and changes nothing of it. It may change disks.</summary>
    public void RunRootfsStage(Devices devices)
    {
        clock.EndPhase("root");
        var outcome = Run("rootfs", SystemPaths.Sysroot);
        if (outcome.DisksChanged || outcome.CommandMicroseconds > 0) devices.ReadAgain();
    }

    /// <summary>Stage <c>initramfs</c>, in the new root.</summary>
    public void RunInitramfsStage()
    {
        clock.EndPhase("layout");
        Run("initramfs", "/");
    }

    private StageOutcome Run(string stage, string image)
    {
        var outcome = process.Run(stage, image);
        record.Add(outcome);
        clock.EndPhase(stage);
        return outcome;
    }
}
