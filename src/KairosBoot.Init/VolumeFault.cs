using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Tells a boot that the machine's data has ended from one that its image has ended: the image keeps its try.</summary>
internal static class VolumeFault
{
    public static bool Is(Exception failure) => failure switch
    {
        MissingVolumeException or StepFailedException { Result.Step: MountVolume } => true,
        // A store that could not be made or mounted; without the mount point it is the image that lacks something.
        StepFailedException { Result.Step: BindState bind } => Syscall.TryStat(bind.Directory.Path) is { Type: FileType.Directory },
        _ => false,
    };
}
