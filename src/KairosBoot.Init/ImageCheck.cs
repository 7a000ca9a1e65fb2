using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Checks of the image that is mounted at /sysroot.</summary>
internal static class ImageCheck
{
    /// <summary>The image must be able to take over before anything of it is made writable.</summary>
    /// <exception cref="BootFailureException">It lacks an init or a mount point.</exception>
    /// <exception cref="OperatorException">The init that the command line names does not exist.</exception>
    public static void Check(BootRequest request)
    {
        if (!IsProgram(request.Init))
        {
            var problem = $"the image {request.ImagePath} has no program {request.Init}";
            // An init= of the command line is not the image's fault.
            if (request.Init != BootRequest.DefaultInit) throw new OperatorException(problem, "set init= to a program of the image");
            throw Unbootable(problem, "put an init in the image, or name one with init=");
        }
        foreach (var mount in ApiFileSystems.Moved)
        {
            if (Syscall.TryStat(SystemPaths.Sysroot + mount) is not { Type: FileType.Directory })
                throw Unbootable($"the image {request.ImagePath} has no directory {mount}", "add it when the image is built");
        }
    }

    private static bool IsProgram(string path) =>
        Syscall.TryStatInRoot(SystemPaths.Sysroot, path) is { Type: FileType.Regular } file && (file.Mode & Octal.O111) != 0;

    private static BootFailureException Unbootable(string problem, string fix) =>
        new(new(FailureKind.ImageUnbootable, problem, fix) { Fault = SlotFault.NoInit });

    /// <summary>Identifies this image among those that booted before.</summary>
    /// <returns>Empty where it cannot be identified: persistent paths are then compared with the image as with a new one.</returns>
    public static string Identify(BootRequest request, BootRecord record)
    {
        // Recovery keeps nothing.
        if (request.WithoutPersistence) return "";
        try { return record.ImageId = record.IdentityOf(SystemPaths.State + request.ImagePath); }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            record.Note(StepClass.Degraded, "the image cannot be identified: " + e.Message);
            return "";
        }
    }
}
