using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>A file of the initrd that stays after the hand-over. Only PID 1 is running, so nobody else shapes these paths.</summary>
internal static class KeptFile
{
    internal static void Do(KeepFile keep)
    {
        Syscall.MakeDirectories(keep.Kept);
        foreach (var name in keep.Directories) Syscall.MakeDirectories($"{keep.Kept}/{name}");
        Syscall.Rename(keep.From, $"{keep.Kept}/{PathParts.NameOf(keep.To)}");
        using (var target = StepPlace.MountPoint(keep.MountPoint)) Syscall.Mount(keep.Kept, target, "", MountFlags.Bind, "");
        MountAttributes.Set(keep.MountPoint, MountOptions.Parse(KeepFile.Options).Flags);
    }
}
