using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The mounts that steps have made, as they are after all of them.</summary>
public static class MadeMounts
{
    /// <summary>In mount order, each with the class of its step; without the kernel's own file systems.</summary>
    public static ImmutableArray<(StepClass Class, PlannedMount Mount)> Of(IEnumerable<StepResult> results)
    {
        var made = ImmutableArray.CreateBuilder<(StepClass Class, PlannedMount Mount)>();
        foreach (var result in results)
        {
            if (result is { Step: SetMountOptions change, Error: null })
            {
                for (var i = 0; i < made.Count; i++)
                    if (made[i].Mount.Target == change.Target)
                        made[i] = (made[i].Class, made[i].Mount with { Options = PathOptions.Replace(made[i].Mount.Options, change.Options) });
            }
            else if (result.Mount is { } mount && !ApiFileSystems.Mounts.Contains(result.Step)) made.Add((result.Step.Class, mount));
        }
        return made.ToImmutable();
    }
}
