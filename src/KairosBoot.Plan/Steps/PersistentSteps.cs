using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A path of the image and the store on the persistent volume that stands in for it.</summary>
/// <param name="Path">As the initrd sees it: <c>/sysroot/etc/ssh</c>.</param>
/// <param name="Store">Where its state lives: <c>/sysroot/usr/local/.state/etc-ssh.bind</c>.</param>
/// <param name="FormerStore">The name Kairos gave it; used where it exists. Null where that name belongs to another path.</param>
public sealed record PersistentDirectory(string Path, string Store, string? FormerStore);

/// <summary>
/// Fills stores from what the image has under their paths, and brings them in line with every new image: files that nobody changed follow it,
/// everything else stays. As a command it prints the first part; no shell has one for the other.
/// </summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Directories">In one state directory.</param>
/// <param name="Image">Identity of the image. Empty: not known, so every boot compares.</param>
public sealed record SeedPersistent(StepClass Class, ImmutableArray<PersistentDirectory> Directories, string Image = "") : Step(Class)
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
public sealed record BindPersistent(StepClass Class, PersistentDirectory Directory) : Step(Class)
{
    /// <summary>All of <see cref="PathOptions"/> that it has in the end.</summary>
    public string Options { get; init; } = "";

    /// <summary>True: these are not the options of the mount that the store is on, which mount(2) gives a bind whatever it is asked for.</summary>
    public bool ChangesOptions { get; init; }

    public override string Command => $"mount --bind {ShellText.Quote(Directory.Store)} {ShellText.Quote(Directory.Path)}" +
        (ChangesOptions ? $" && mount -o remount,bind,{PathOptions.CommandWords(Options)} {ShellText.Quote(Directory.Path)}" : "");

    public override PlannedMount Mount
    {
        get
        {
            var store = Directory.Store[SystemPaths.Sysroot.Length..];
            return new(store, Directory.Path, "none", PathOptions.Join("bind", Options), store);
        }
    }
}
