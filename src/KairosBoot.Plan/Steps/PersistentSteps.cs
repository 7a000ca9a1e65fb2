using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>A path of the image and its store on the persistent volume.</summary>
/// <param name="Path">In the initrd: <c>/sysroot/etc/ssh</c>.</param>
/// <param name="Store">The directory with its content: <c>/sysroot/usr/local/.state/etc-ssh.bind</c>.</param>
/// <param name="FormerStore">
/// The store under the name that Kairos gave it, which is used if it exists. Null: that name belongs to another path.
/// </param>
public sealed record PersistentDirectory(string Path, string Store, string? FormerStore);

/// <summary>
/// Fills new stores from the image, and updates all stores for each new image: files that the user did not change follow the image,
/// everything else stays. No shell command does the second part; the printed text describes it.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Directories">Paths whose stores are in one state directory.</param>
/// <param name="Image">Identity of the image. Empty: not known, so every boot compares.</param>
public sealed record SeedPersistent(StepClass Class, ImmutableArray<PersistentDirectory> Directories, string Image = "") : Step(Class)
{
    public override string Place => Directories.IsEmpty ? SystemPaths.Sysroot : PathParts.ParentOf(Directories[0].Store);

    public override string Command
    {
        get
        {
            var text = new StringBuilder(
                "# fill new stores from the image; in existing ones, update the files that the user did not change");
            if (!Directories.IsEmpty) text.Append("\nmkdir -p ").Append(ShellText.Quote(PathParts.ParentOf(Directories[0].Store)));
            foreach (var (path, store, former) in Directories)
            {
                text.Append('\n').Append("[ -d ").Append(ShellText.Quote(store)).Append(" ]");
                if (former is not null) text.Append(" || [ -d ").Append(ShellText.Quote(former)).Append(" ]");
                text.Append(" || cp -a ").Append(ShellText.Quote(path)).Append(' ').Append(ShellText.Quote(store));
            }
            return text.ToString();
        }
    }
}

/// <summary>Bind-mounts a store over its path. Creates the mount point if the root is writable.</summary>
public sealed record BindPersistent(StepClass Class, PersistentDirectory Directory) : Step(Class)
{
    /// <summary>All options from <see cref="PathOptions"/> that the mount has in the end.</summary>
    public string Options { get; init; } = "";

    /// <summary>
    /// True: the options differ from those of the mount with the store. mount(2) ignores options for a bind mount, so a remount is
    /// needed.
    /// </summary>
    public bool ChangesOptions { get; init; }

    public override string Place => Directory.Store;

    public override string Command => MountFirst("--bind", "-d", Directory.Store, Directory.FormerStore, Directory.Path) +
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
