using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Compares the mounts that this boot made with those that the kernel shows, and writes them down.</summary>
internal sealed class BootMountTable(BootRecord record, PlanRunner plans)
{
    /// <summary>Checks every mount so far against mountinfo.</summary>
    /// <exception cref="OperatorException">A required one is not what it should be.</exception>
    public void Check()
    {
        var actual = MountTable.Read();
        foreach (var made in BootMounts.Of(record.Steps))
        {
            foreach (var (planned, reason, lostWrites) in MountCheck.Compare([made.Mount!], actual))
            {
                var text = $"{planned.Target} {reason}, although its mount succeeded";
                // The kernel makes a file system read-only when it finds errors in it: the data is all there, and the boot continues.
                if (lostWrites)
                {
                    record.Note(StepClass.Degraded, text + ": the format takes no writes, or the kernel found errors in it");
                }
                else if (made.Step.Class == StepClass.Required)
                {
                    throw new OperatorException(text,
                    "report this as a defect, with the boot log");
                }
                else
                {
                    record.Note(made.Step.Class, text);
                }
            }
        }
    }

    /// <summary>Writes /etc/fstab of the new root from the mounts that exist.</summary>
    public void WriteFsTab()
    {
        var actual = MountTable.Read();
        var mounts = ImmutableArray.CreateBuilder<MountInfo>();
        var mounted = ImmutableArray.CreateBuilder<(PlannedMount, MountInfo)>();
        foreach (var made in BootMounts.Of(record.Steps))
        {
            // The last one at a mount point covers the others.
            for (var i = actual.Length - 1; i >= 0; i--)
            {
                if (actual[i].MountPoint != made.Mount!.Target) continue;
                mounted.Add((made.Mount, actual[i]));
                mounts.Add(actual[i]);
                break;
            }
        }
        record.Mounts = mounts.ToImmutable();
        plans.Apply([new WriteFile(StepClass.Degraded, SystemPaths.Sysroot + "/etc/fstab", FsTab.Text(mounted.ToImmutable()))]);
    }
}
