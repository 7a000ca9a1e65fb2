using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A path of the image and the store on the persistent volume that stands in for it.</summary>
/// <param name="Path">As the initrd sees it: <c>/sysroot/etc/ssh</c>.</param>
/// <param name="Store">Where its state lives: <c>/sysroot/usr/local/.state/etc-ssh.bind</c>.</param>
/// <param name="FormerStore">The name Kairos gave it; used where it exists. Null where that name belongs to another path.</param>
public sealed record StateDirectory(string Path, string Store, string? FormerStore);

/// <summary>
/// Copies what the image has under each path into its store, for the stores that do not exist yet. All copies are complete and on
/// the disk before any of them gets its name, so a power cut leaves a path seeded or untouched, never half.
/// </summary>
public sealed record SeedState(StepClass Class, ImmutableArray<StateDirectory> Directories) : Step(Class)
{
    public override string Command
    {
        get
        {
            var text = new StringBuilder();
            foreach (var (path, store, former) in Directories)
            {
                if (text.Length > 0) text.Append('\n');
                text.Append("[ -d ").Append(ShellText.Quote(store)).Append(" ]");
                if (former is not null) text.Append(" || [ -d ").Append(ShellText.Quote(former)).Append(" ]");
                text.Append(" || cp -a ").Append(ShellText.Quote(path)).Append(' ').Append(ShellText.Quote(store));
            }
            return text.ToString();
        }
    }
}

/// <summary>Bind mounts a store over its path. The mount point is made where the root can still be written to.</summary>
public sealed record BindState(StepClass Class, StateDirectory Directory) : Step(Class)
{
    public override string Command => $"mount --bind {ShellText.Quote(Directory.Store)} {ShellText.Quote(Directory.Path)}";

    public override PlannedMount Mount
    {
        get
        {
            var store = Directory.Store[SystemPaths.Sysroot.Length..];
            return new(store, Directory.Path, "none", "bind", store);
        }
    }
}
