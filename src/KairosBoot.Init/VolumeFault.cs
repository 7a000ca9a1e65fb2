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
        StepFailedException { Result.Step: BindState bind } => HasMountPoint(bind.Directory.Path),
        _ => false,
    };

    // A link counts: a user may have put it in the place of the directory.
    private static bool HasMountPoint(string path)
    {
        try { return Syscall.TryLStat(path) is { Type: FileType.Directory or FileType.Symlink }; }
        catch (SyscallException) { return false; }
    }
}
