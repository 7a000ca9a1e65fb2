using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Options of the mounts: whether set-uid programs, device nodes and programs work there, and when times of access are written. A table, and what
/// the layout says otherwise. Options have one canonical text, <c>nosuid,nodev,noexec,noatime</c>, each where it is set; empty: none.
/// </summary>
public sealed class PathOptions
{
    /// <summary>In the layout files: <c>MOUNT_OPTIONS="/home=nosuid,nodev,noexec /opt=nodev /var/log="</c>.</summary>
    public const string Key = "MOUNT_OPTIONS";

    public const string NoPrivilege = "nosuid,nodev", NoPrograms = "nosuid,nodev,noexec";

    private enum Scope { Path, Below, Tree }

    // A class, as tuples in an array cost PID 1 code of their own. The reason is for the reader of the table.
    private sealed class Row(string path, Scope scope, string options, string reason)
    {
        public string Options => options;
        public string Reason => reason;

        public bool Covers(string other) =>
            scope == Scope.Path ? other == path : MountPath.IsInside(other, path) && (scope == Scope.Tree || other != path);
    }

    /// <summary>Defaults by path, and why; the first row that covers a path holds.</summary>
    private static readonly Row[] Table =
    [
        new(SystemPaths.State, Scope.Path, NoPrograms, "holds images and files of the loader; programs run from an image's own mount"),
        new(SystemPaths.Oem, Scope.Path, NoPrivilege, "holds configuration; a config may start a script that lies there"),
        new(SystemPaths.Overlays, Scope.Tree, NoPrivilege, "is used only through the overlays, which have options of their own"),
        new(SystemPaths.Persistent, Scope.Path, "", "holds set-uid programs of the machine, and the stores of all other paths"),
        new("/home", Scope.Tree, NoPrivilege, "unprivileged users write there"),
        new("/var/log", Scope.Tree, NoPrivilege, "holds logs, which no program is started from"),
        new("/var/tmp", Scope.Tree, NoPrivilege, "every user writes there"),
        // Not /etc itself: an overlay shows the image's own files, and nosuid would stop the SELinux transition of a program in /etc/init.d.
        new("/etc", Scope.Below, NoPrivilege, "holds configuration"),
    ];

    /// <summary>Words that the layout may use. No others: a file system answers an option it does not know like a damaged superblock (EINVAL), and the
    /// volume would be checked, and recovery booted, for a spelling mistake.</summary>
    public const string Words = "nosuid suid nodev dev noexec exec noatime relatime strictatime";

    private static readonly string[] Flags = ["nosuid", "nodev", "noexec"], AccessTimes = ["noatime", "relatime", "strictatime"];

    private readonly Dictionary<string, string> chosen = [];

    /// <summary>Takes what a layout file says of a path, in place of the default.</summary>
    public void Choose(string path, string options) => chosen[path] = options;

    /// <summary>What a layout says of a path; null where none does.</summary>
    public string? Chosen(string path) => chosen.GetValueOrDefault(path);

    public string Of(string path) => Chosen(path) ?? ByTable(path);

    /// <summary>A volume that is not the system's own comes from outside it, and so do its set-uid programs and device nodes.</summary>
    /// <param name="volume">What is mounted.</param>
    /// <param name="holdsState">True: the stores of persistent paths are on it, so it has what <see cref="SystemPaths.Persistent"/> has.</param>
    public string Of(VolumeRequest volume, bool holdsState) => Chosen(volume.Path) ?? ByTable(volume, holdsState);

    /// <summary>
    /// A bind has the options of the mount that its store is on, and its own. Where the layout names it, it has exactly those: set-uid programs can
    /// be allowed in one path of a volume that allows none.
    /// </summary>
    /// <param name="path">Where it is mounted.</param>
    /// <param name="holder">Options of the mount that its store is on.</param>
    public string OfBind(string path, string holder) => Chosen(path) is { } own
        ? Canonical((Last(holder.Split(','), AccessTimes) ?? "") + "," + own)
        : Canonical(holder + "," + ByTable(path));

    /// <summary>The same where no layout says anything.</summary>
    public static string ByTable(string path)
    {
        foreach (var row in Table)
            if (row.Covers(path)) return row.Options;
        // Set-uid programs, SELinux transitions and device nodes of containers are legitimate in /opt, /var/lib and the like.
        return "";
    }

    public static string ByTable(VolumeRequest volume, bool holdsState) =>
        holdsState || volume.Path == SystemPaths.Persistent || volume.Device is { Kind: DeviceRefKind.Label or DeviceRefKind.PartLabel, Value: SystemPaths.PersistentLabel }
            ? ByTable(volume.Path)
            : Canonical(NoPrivilege + "," + ByTable(volume.Path));

    /// <summary>The first word that is none of <see cref="Words"/>; null: all are.</summary>
    public static string? Unknown(string options)
    {
        foreach (var word in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
            if (Array.IndexOf(Words.Split(' '), word) < 0) return word;
        return null;
    }

    /// <summary>Of words that contradict each other the last one holds, as with mount(8).</summary>
    public static string Canonical(string options)
    {
        var words = options.Split(',');
        var text = new StringBuilder();
        foreach (var flag in Flags)
            if (Last(words, [flag, flag[2..]]) == flag) Append(text, flag);
        if (Last(words, AccessTimes) is { } times) Append(text, times);
        return text.ToString();
    }

    /// <summary>Options of a mount, with these in place of those that it has.</summary>
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

    /// <summary>For a command that sets exactly these.</summary>
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
