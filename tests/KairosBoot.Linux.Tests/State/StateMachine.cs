using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>A state directory and images that boot in turn, below one scratch directory.</summary>
internal sealed class StateMachine(string scratch)
{
    public string Scratch { get; } = scratch;
    /// <summary>The image's directory: each new image replaces its content.</summary>
    public string Image => Scratch + "/image/etc";
    public string Target => Scratch + "/volume/state";
    public string Store => Target + "/etc.bind";
    public string Manifest => Target + "/.kairosboot/manifest";
    public string Key => Target + "/.kairosboot/key";

    /// <summary>
    /// Installs another image in the same place: a shell script fills an empty directory. All times are those of a reproducible build.
    /// </summary>
    public void Install(string script)
    {
        FileTree.Delete(Image);
        Directory.CreateDirectory(Image);
        Sh($"cd {Image} && {script}\nfind {Image} -exec touch -h -d @1 {{}} +");
    }

    /// <summary>Runs the user's changes in the store.</summary>
    public void User(string script) => Sh($"cd {Store} && {script}");

    public SeedPersistent Step(string id) => new(StepClass.Degraded, [new PersistentDirectory(Image, Store, null)], id);

    public PersistentSeedResult Boot(string id) => PersistentSeed.Seed(Step(id));

    /// <summary>What kairos-boot keeps next to the stores, without the mark of a new machine.</summary>
    public IEnumerable<string> Control =>
        Directory.GetFileSystemEntries(Target + "/.kairosboot").Select(path => Path.GetFileName(path)).Where(name => name != "first-boot")
            .Order(StringComparer.Ordinal);

    /// <summary>A boot without problems.</summary>
    public PersistentSeedResult GoodBoot(string id)
    {
        var result = Boot(id);
        Assert.Empty(result.Problems);
        Assert.Equal(["key", "manifest"], Control);
        return result;
    }

    /// <summary>All attributes of all files of a tree, one line for each, from find(1) and other tools.</summary>
    public static string List(string root, bool directoryTimes = true) => Sh(
        $"cd {root} && find . \\( -type d -printf '%P d %m %U:%G {(directoryTimes ? "%T@" : "")}\\n' \\) -o -printf '%P %y %m %U:%G %T@ " +
            "%l %s\\n' | sort"
        + " && find . -type f -exec sha256sum {} + | sort -k2 && find . -print0 | sort -z | xargs -0 getfattr -h -m - -d 2>/dev/null");

    public static string Sh(string script) => MountNamespace.Tool("sh", "-ec", script);
}
