using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The stage <c>first-boot</c>. A new COS_PERSISTENT gets a mark, which is deleted when the stage has once ended without an error. A
/// machine without the mark has done it.
/// </summary>
public static class FirstBoot
{
    public const string Stage = "first-boot";

    /// <summary>True: the stage is to run in this boot.</summary>
    public static bool IsPending => Syscall.TryStat(SystemPaths.FirstBoot) is not null;

    /// <summary>Deletes the mark: the last thing that a first boot does.</summary>
    /// <exception cref="OperatorException">The mark cannot be deleted.</exception>
    public static void End()
    {
        try
        {
            if (BoundedFile.TryRead(SystemPaths.FirstBoot, ReadLimit.SystemText) is { } text)
            {
                var mark = Encoding.UTF8.GetString(text);
                using var directory = Syscall.Open(PathParts.ParentOf(mark), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
                // What the stage wrote must be on the disk before the mark goes.
                Syscall.SyncFs(directory);
                if (Syscall.TryStatAt(directory, PathParts.NameOf(mark)) is not null)
                    Syscall.UnlinkAt(directory, PathParts.NameOf(mark));
                Syscall.FSync(directory);
                Syscall.Unlink(SystemPaths.FirstBoot);
            }
        }
        catch (SyscallException e)
        {
            throw new OperatorException($"the stage {Stage} has run, but its mark cannot be deleted: {e.Message}",
                "repair COS_PERSISTENT; until then each boot runs the stage again");
        }
    }
}
