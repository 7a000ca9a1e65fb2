using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Options of the mounts: whether set-uid programs, device nodes and programs are allowed, and when access times are written. A table, and
/// the layout's own settings. Options have one canonical text, <c>nosuid,nodev,noexec,noatime</c>, with those that are set; empty: none.
/// </summary>
public sealed class PathOptions
{
    /// <summary>In the layout files: <c>MOUNT_OPTIONS="/home=nosuid,nodev,noexec /opt=nodev /var/log="</c>.</summary>
    public const string Key = "MOUNT_OPTIONS";

    public const string NoPrivilege = "nosuid,nodev", NoPrograms = "nosuid,nodev,noexec";

    private enum Scope { Path, Below, Tree }

    // A class: tuples in an array would add code to PID 1. The reason is for readers of the table.
    private sealed class Row(string path, Scope scope, string options, string reason)
    {
        public string Options => options;
        public string Reason => reason;

        public bool Covers(string other) =>
            scope == Scope.Path ? other == path : MountPath.IsInside(other, path) && (scope == Scope.Tree || other != path);
    }

    /// <summary>Defaults by path, with the reason; the first row that covers a path applies.</summary>
    private static readonly Row[] Table =
    [
        new(SystemPaths.State, Scope.Path, NoPrograms, "holds images and files of the loader; programs run from the mount of the image"),
        new(SystemPaths.Oem, Scope.Path, NoPrivilege, "holds configuration; a config may start a script from there"),
        new(SystemPaths.Overlays, Scope.Tree, NoPrivilege, "is used only through the overlays, which have their own options"),
        new(SystemPaths.Persistent, Scope.Path, "", "holds set-uid programs of the machine, and the stores of all other paths"),
        new("/home", Scope.Tree, NoPrivilege, "unprivileged users write there"),
        new("/var/log", Scope.Tree, NoPrivilege, "holds logs, which no program is started from"),
        new("/var/tmp", Scope.Tree, NoPrivilege, "every user writes there"),
        // Not /etc itself: its overlay shows the image's own files, and nosuid would prevent the SELinux transition of a program in
        // /etc/init.d.
        new("/etc", Scope.Below, NoPrivilege, "holds configuration"),
    ];

    /// <summary>
    /// Words that the layout may use. No others: a file system rejects an unknown option with EINVAL, as for a damaged superblock. A
    /// spelling mistake would cause a check of the volume and a boot of recovery.
    /// </summary>
    public const string Words = "nosuid suid nodev dev noexec exec noatime relatime strictatime";

    private static readonly string[] Flags = ["nosuid", "nodev", "noexec"], AccessTimes = ["noatime", "relatime", "strictatime"];

    private readonly Dictionary<string, string> chosen = [];

    /// <summary>Sets the options of a path, in place of the default.</summary>
    public void Choose(string path, string options) => chosen[path] = options;

    /// <summary>The options that the layout sets for a path; null: none.</summary>
    public string? Chosen(string path) => chosen.GetValueOrDefault(path);

    public string Of(string path) => Chosen(path) ?? ByTable(path);

    /// <summary>A volume that is not the system's own comes from outside, and so do its set-uid programs and device nodes.</summary>
    /// <param name="volume">The volume to mount.</param>
    /// <param name="holdsState">
    /// True: it contains the stores of persistent paths, so it gets the options of <see cref="SystemPaths.Persistent"/>.
    /// </param>
    public string Of(VolumeRequest volume, bool holdsState) => Chosen(volume.Path) ?? ByTable(volume, holdsState);

    /// <summary>
    /// A bind has the options of the mount that contains its store, and its own. If the layout names it, it has exactly the layout's
    /// options: set-uid programs can be allowed in one path of a volume that otherwise forbids them.
    /// </summary>
    /// <param name="path">Its mount point.</param>
    /// <param name="holder">Options of the mount that contains its store.</param>
    public string OfBind(string path, string holder) => Chosen(path) is { } own
        ? Canonical((Last(holder.Split(','), AccessTimes) ?? "") + "," + own)
        // Rows of the table are canonical.
        : holder.Length == 0 ? ByTable(path) : Canonical(holder + "," + ByTable(path));

    /// <summary>The options without a layout.</summary>
    public static string ByTable(string path)
    {
        foreach (var row in Table)
            if (row.Covers(path)) return row.Options;
        // Set-uid programs, SELinux transitions and device nodes of containers are legitimate in /opt, /var/lib and similar directories.
        return "";
    }

    public static string ByTable(VolumeRequest volume, bool holdsState) =>
        holdsState || volume.Path == SystemPaths.Persistent
            || volume.Device is { Kind: DeviceRefKind.Label or DeviceRefKind.PartLabel, Value: SystemPaths.PersistentLabel }
            ? ByTable(volume.Path)
            : Canonical(NoPrivilege + "," + ByTable(volume.Path));

    /// <summary>The first word that is not in <see cref="Words"/>; null: all are.</summary>
    public static string? Unknown(string options)
    {
        foreach (var word in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
            if (Array.IndexOf(Words.Split(' '), word) < 0) return word;
        return null;
    }

    /// <summary>Of words that contradict each other, the last one wins, as in mount(8).</summary>
    public static string Canonical(string options)
    {
        var words = options.Split(',');
        var text = new StringBuilder();
        foreach (var flag in Flags)
            if (Last(words, [flag, flag[2..]]) == flag) Append(text, flag);
        if (Last(words, AccessTimes) is { } times) Append(text, times);
        return text.ToString();
    }

    /// <summary>The options of a mount, with those of <see cref="Words"/> replaced.</summary>
    /// <param name="all">As in fstab: <c>ro,nosuid,noload</c>.</param>
    /// <param name="options">Canonical.</param>
    public static string Replace(string all, string options)
    {
        var text = new StringBuilder();
        foreach (var word in all.Split(','))
            if (Array.IndexOf(Words.Split(' '), word) < 0) Append(text, word);
        if (options.Length > 0) Append(text, options);
        return text.ToString();
    }

    /// <summary><c>rw</c> and <c>nosuid</c> to <c>rw,nosuid</c>.</summary>
    public static string Join(string first, string options) => options.Length == 0 ? first : first + "," + options;

    /// <summary>The words for a command that sets exactly these options.</summary>
    public static string CommandWords(string options) => options.Length == 0 ? "suid,dev,exec" : options;

    private static string? Last(string[] words, string[] wanted)
    {
        for (var i = words.Length - 1; i >= 0; i--)
            if (Array.IndexOf(wanted, words[i]) >= 0) return words[i];
        return null;
    }

    private static void Append(StringBuilder text, string word)
    {
        if (text.Length > 0) text.Append(',');
        text.Append(word);
    }
}
