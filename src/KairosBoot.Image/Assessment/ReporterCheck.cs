using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Warns about an image that nothing would mark good: each of its boots is counted as a failed one.</summary>
public static class ReporterCheck
{
    private const string Meaning = ": each boot costs its slot a try, and after three boots the slot is skipped";

    private const string Fix = "start a service in the image that runs kboot assess good when the system is healthy, or build the image " +
        "with kboot image build --no-assessment";

    /// <summary>Searches a tree, or the tree of a mounted image.</summary>
    /// <param name="root">Its top directory.</param>
    /// <param name="configs">Cloud-configs of the machines that boot it: name and text.</param>
    public static GoodReporter Find(string root, IEnumerable<(string Name, string Text)> configs) => Find(root, [], configs);

    /// <summary>The same for an image file, which is mounted read-only. No other process sees the mount.</summary>
    /// <exception cref="OperatorException">It cannot be mounted.</exception>
    public static GoodReporter FindInImage(string image, IEnumerable<(string Name, string Text)> configs)
    {
        using var mounted = MountedImage.Open(image, GrubReadable.Check(image));
        return Find(mounted.Path, [], configs);
    }

    /// <summary>A warning about an image file; null: there is none, or this user or kernel cannot mount the image.</summary>
    /// <param name="image">The file.</param>
    /// <param name="configs">Paths of cloud-configs of the machine.</param>
    public static TreeFinding? WarnOfImage(string image, IReadOnlyList<string> configs)
    {
        if (Syscall.GetEUid() != 0) return null;
        try { return Warning("no boot of " + image, FindInImage(image, ReadAll(configs)), Fix); }
        catch (Exception e) when (e is SyscallException or OperatorException) { return null; }
    }

    /// <summary>A warning about a tree before an image is built from it; null: there is none.</summary>
    public static TreeFinding? WarnOfTree(string root, IReadOnlyList<string> configs)
    {
        var found = Find(root, [], ReadAll(configs));
        return Warning("no boot of this tree", found, found.Init is InitKind.Systemd or InitKind.OpenRc && !SystemUnits.HasReporter(root)
            ? $"build the image with kboot image build, which adds {SystemUnits.Reporter}" : Fix);
    }

    /// <summary>The cloud-configs of a machine, in its own directories: name and text.</summary>
    /// <param name="host">Mount point of its root; empty: this system's root.</param>
    public static IEnumerable<(string Name, string Text)> ConfigsOfMachine(string host) =>
        GoodReporter.ConfigsOf(TreeReader.Open(host.Length == 0 ? "/" : host, []), SystemPaths.CloudConfigs[1..]);

    /// <summary>A warning about an image that is being built; null: there is none.</summary>
    internal static TreeFinding? WarnOfBuild(string root, IReadOnlyList<TreeAddition> additions) =>
        Warning("no boot of this image", Find(root, additions, []), Fix);

    /// <summary>The same for a tree and what a build adds to it.</summary>
    internal static GoodReporter Find(string root, IReadOnlyList<TreeAddition> additions,
        IEnumerable<(string Name, string Text)> configs) =>
        GoodReporter.Find(TreeReader.Open(root, additions), configs);

    private static TreeFinding? Warning(string what, GoodReporter found, string fix) => found.Problem is { } problem
        ? new($"{what} would be marked good: {problem}{Meaning}", fix, FindingKind.Warning) : null;

    private static IEnumerable<(string Name, string Text)> ReadAll(IEnumerable<string> configs) =>
        configs.Select(path => (path, BoundedFile.TryReadText(path, ReadLimit.Config) ?? ""));
}
