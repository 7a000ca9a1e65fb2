namespace KairosBoot.Plan;

/// <summary>The mounts that steps have made, in their final state.</summary>
public static class BootMounts
{
    /// <summary>The results with a mount, in mount order; without the kernel's own file systems.</summary>
    public static List<StepResult> Of(IEnumerable<StepResult> results)
    {
        var made = new List<StepResult>();
        foreach (var result in results)
        {
            if (result is { Step: SetMountOptions change, Error: null })
            {
                for (var i = 0; i < made.Count; i++)
                {
                    if (made[i].Mount is { } mount && mount.Target == change.Target)
                        made[i] = made[i] with { Mount = mount with { Options = PathOptions.Replace(mount.Options, change.Options) } };
                }
            }
            else if (result.Mount is not null && !ApiFileSystems.Mounts.Contains(result.Step))
            {
                made.Add(result);
            }
        }
        return made;
    }
}
