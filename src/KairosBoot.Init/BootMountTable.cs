using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Compares the mounts that this boot made with those that the kernel shows, and writes them down.</summary>
internal sealed class BootMountTable(BootRecord record, PlanRunner plans)
{
    /// <summary>
    /// Checks every mount so far against mountinfo, and writes /etc/fstab of the new root from the mounts that exist.
    /// </summary>
    /// <exception cref="OperatorException">A required one is not what it should be.</exception>
    public void CheckAndWriteFsTab()
    {
        var made = BootMounts.Of(record.Steps);
        var actual = new VisibleMounts(MountTable.Read());
        foreach (var result in made)
            if (MountCheck.Compare(result.Mount!, actual) is { } mismatch) Report(mismatch, result.Step.Class);
        WriteFsTab(made, actual);
    }

    private void Report(MountMismatch mismatch, StepClass stepClass)
    {
        var text = $"{mismatch.Planned.Target} {mismatch.Reason}, although its mount succeeded";
        // The kernel makes a file system read-only when it finds errors in it: the data is all there, and the boot continues.
        if (mismatch.LostWrites)
            record.Note(StepClass.Degraded, text + ": the format takes no writes, or the kernel found errors in it");
        else if (stepClass == StepClass.Required)
            throw new OperatorException(text, "report this as a defect, with the boot log");
        else
            record.Note(stepClass, text);
    }

    private void WriteFsTab(List<StepResult> made, VisibleMounts actual)
    {
        var mounts = ImmutableArray.CreateBuilder<MountInfo>(made.Count);
        var mounted = ImmutableArray.CreateBuilder<(PlannedMount, MountInfo)>(made.Count);
        foreach (var result in made)
        {
            if (actual.At(result.Mount!.Target) is not { } mount) continue;
            mounted.Add((result.Mount, mount));
            mounts.Add(mount);
        }
        record.Mounts = mounts.ToImmutable();
        plans.Apply([new WriteFile(StepClass.Degraded, SystemPaths.Sysroot + "/etc/fstab", FsTab.Text(mounted.ToImmutable()))]);
    }
}
