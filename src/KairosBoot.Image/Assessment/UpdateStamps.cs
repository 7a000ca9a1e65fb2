using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// The files with which systemd knows that /etc and /var are up to date with /usr (systemd-update-done.service(8)). In an image without
/// them, each boot runs ldconfig and creates the databases of hardware, users and messages: minutes on a slow processor, and all of it
/// is lost at the next boot, because /etc and /var are empty overlays.
/// </summary>
internal static class UpdateStamps
{
    private const string Users = "usr/lib/sysusers.d", Accounts = "etc/passwd", LinkerCache = "etc/ld.so.cache";
    private const int NanosecondsPerSecond = 1_000_000_000;

    private static readonly string[] Stamps = ["etc/.updated", "var/.updated"];

    /// <summary>Adds both files, unless the tree has one of them, or leaves work to the first boot.</summary>
    /// <param name="additions">Additions so far.</param>
    /// <param name="root">The tree.</param>
    /// <param name="scratch">Takes the file.</param>
    internal static void Add(List<TreeAddition> additions, string root, TemporaryDirectory scratch)
    {
        if (!UntrustedTree.Has(root, "usr/lib/systemd/systemd") && !UntrustedTree.Has(root, "lib/systemd/systemd")) return;
        if (Stamps.Any(stamp => UntrustedTree.TryStat(root, stamp, followLast: false) is not null) || HasWorkLeft(root)) return;
        var file = scratch.File("updated");
        HostFile.Write(file, Text(UntrustedTree.TryStat(root, "usr")?.MTimeNs ?? 0));
        foreach (var stamp in Stamps)
        {
            TreeDirectories.Add(root, PathParts.ParentOf(stamp), additions);
            additions.Add(new TreeAddition.File(stamp, file));
        }
    }

    // As systemd writes it. Additions get a time in whole seconds; systemd then compares the nanoseconds of /usr with this line.
    private static string Text(long usrNanoseconds) =>
        "# This file was created by kboot image build. Its time says that /etc and /var are up to date with /usr.\n" +
        $"TIMESTAMP_NSEC={(usrNanoseconds / NanosecondsPerSecond + 1) * NanosecondsPerSecond}\n";

    // The linker's cache is missing, or a user that systemd-sysusers creates at the first boot.
    private static bool HasWorkLeft(string root)
    {
        if (UntrustedTree.TryStat(root, LinkerCache) is not { Size: > 0 }) return true;
        var accounts = Lines(root, Accounts).Select(line => line.Split(':')[0]).ToHashSet();
        return UntrustedTree.Names(root, Users).Where(name => name.EndsWith(".conf", StringComparison.Ordinal))
            .SelectMany(name => Lines(root, $"{Users}/{name}"))
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Any(words => words is [['u', ..], var user, ..] && !accounts.Contains(user.Trim('"')));
    }

    private static string[] Lines(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path);
        return file is not null && Syscall.FStat(file) is { Type: FileType.Regular } status && status.Size <= ReadLimit.SystemFile.Bytes
            ? Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.SystemFile)).Split('\n') : [];
    }
}
