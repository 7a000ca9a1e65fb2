using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>
/// Where the traces of a machine's boots are: on this machine, or on its disk, which somebody has mounted. Everything on such a disk is
/// foreign: its links are not followed, and its files are read with a limit.
/// </summary>
/// <param name="Root">This machine: its root. Another one: the directory that was named.</param>
/// <param name="State">Mount point of COS_STATE; null: it is not there.</param>
/// <param name="Oem">Mount point of COS_OEM; null: it is not there.</param>
/// <param name="Report">The report of a boot; null: there is none.</param>
/// <param name="Log">Its log.</param>
public sealed record MachineFiles(string Root, string? State, string? Oem, string? Report, string? Log)
{
    // As udisks and people name mount points.
    private static readonly string[] StateNames = ["COS_STATE", "state"], OemNames = ["COS_OEM", "oem"];

    private static readonly string ReportName = PathParts.NameOf(SystemPaths.Report), LogName = PathParts.NameOf(SystemPaths.Log);

    /// <summary>The machine that this program runs on.</summary>
    public bool IsThisMachine => Root == "/";

    public static MachineFiles Here => new("/", SystemPaths.State, SystemPaths.Oem, SystemPaths.Report, SystemPaths.Log);

    /// <summary>
    /// A mounted COS_STATE or COS_OEM, whose neighbour is used too if both have the names of their labels; a directory with both; or an
    /// unpacked archive of <c>kboot report --bundle</c>.
    /// </summary>
    /// <exception cref="OperatorException">The directory has nothing of a machine.</exception>
    public static MachineFiles At(string directory)
    {
        const string Fix = "mount the COS_STATE or COS_OEM of the machine read-only, and name its mount point";
        if (Syscall.TryStat(directory) is not { Type: FileType.Directory })
            throw new OperatorException($"{directory} is not a directory", Fix);
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var name = PathParts.NameOf(root);
        string[] neighbours = [.. from other in (string[])[StateNames[0], OemNames[0]]
                                  where name == StateNames[0] || name == OemNames[0]
                                  select Below(PathParts.ParentOf(root), other)];
        string[] places = [root, .. StateNames.Concat(OemNames).Select(other => Below(root, other)), .. neighbours];
        var state = places.FirstOrDefault(place => HasFile(place, SystemPaths.BootState));
        var oem = places.FirstOrDefault(place => place != state && HasList(place)) ?? places.FirstOrDefault(HasList);
        var report = HasFile(root, "/" + ReportName) ? Below(root, ReportName) : null;
        if (state is null && oem is null && report is null)
            throw new OperatorException($"{directory} has neither boot counters nor a list of boots", Fix);
        return new(root, state, oem, report, report is null ? null : Below(root, LogName));
    }

    /// <summary>The report or its log; empty: it does not exist.</summary>
    /// <exception cref="OperatorException">It is not a regular file, or it is too large.</exception>
    public string Read(string? path)
    {
        if (path is null) return "";
        var bytes = IsThisMachine ? BoundedFile.TryRead(path, ReadLimit.SystemFile)
            : UntrustedTree.TryRead(Root, path[Root.Length..], ReadLimit.SystemFile);
        return bytes is null ? "" : Encoding.UTF8.GetString(bytes);
    }

    private static string Below(string directory, string name) => PathParts.Below(directory, name);

    private static bool HasFile(string directory, string name) =>
        IsDirectory(directory) && Syscall.TryLStat(directory + name) is { Type: FileType.Regular };

    private static bool HasList(string place) => HasFile(place, SystemPaths.GoodBoots) || HasFile(place, SystemPaths.FailedBoots)
        || HasFile(place, SystemPaths.FailedBootsReported);

    private static bool IsDirectory(string path) => Syscall.TryLStat(path) is { Type: FileType.Directory };
}
