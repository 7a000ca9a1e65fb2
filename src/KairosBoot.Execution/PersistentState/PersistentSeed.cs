using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Fills the stores of persistent paths from the image and updates them for each new image. See <see cref="MergePlan"/> for the files that
/// follow the image, and <see cref="PersistentMerge"/> for the effect of a power cut.
/// </summary>
public static class PersistentSeed
{
    /// <summary>
    /// Updates the stores. If all of them belong to this image already, it reads only the head of the manifest and writes nothing.
    /// </summary>
    public static PersistentSeedResult Seed(SeedPersistent step)
    {
        var result = new PersistentSeedResult();
        using var pass = Begin(step, result);
        if (pass is null) return result;
        if (pass.Announce() && pass.Change()) pass.Settle();
        pass.CleanUp();
        result.FirstBoot = pass.Manifest.FirstBoot();
        return result;
    }

    /// <summary>
    /// Prepares the update of all paths whose store is missing or belongs to another image. Null: there is none, or no update is
    /// possible.
    /// </summary>
    internal static PersistentMerge? Begin(SeedPersistent step, PersistentSeedResult result)
    {
        if (step.Directories.IsEmpty) return null;
        var store = step.Directories[0].Store;
        var stores = new PersistentStores(PathParts.ParentOf(store));
        var pass = new PersistentMerge(stores, new PersistentManifestFile(stores), step.Image, result);
        if (FindOutdated(step, stores, pass.Manifest) is { Count: > 0 } outdated)
        {
            if (pass.Prepare(outdated)) return pass;
            pass.CleanUp();
        }
        result.FirstBoot = pass.Manifest.FirstBoot();
        pass.Dispose();
        return null;
    }

    private static List<PersistentDirectory> FindOutdated(SeedPersistent step, PersistentStores stores, PersistentManifestFile manifest)
    {
        var known = new Dictionary<string, ManifestSection>();
        try
        {
            foreach (var section in manifest.ReadHead()) known[section.Path] = section;
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { } // the update reports it
        var outdated = new List<PersistentDirectory>();
        foreach (var directory in step.Directories)
        {
            if (step.Image.Length == 0 || !IsKnown(known, InRunningSystem(directory.Path), step.Image, directory, stores))
                outdated.Add(directory);
        }

        return outdated;
    }

    private static bool IsKnown(Dictionary<string, ManifestSection> known, string path, string image, PersistentDirectory directory,
        PersistentStores stores)
    {
        if (!known.TryGetValue(path, out var section) || section.Image != image) return false;
        try { return stores.Find(directory, out _) == section.Store; }
        catch (Exception e) when (e is SyscallException or OperatorException) { return false; } // as above
    }

    internal static string InRunningSystem(string path) =>
        path.StartsWith(SystemPaths.Sysroot + "/", StringComparison.Ordinal) ? path[SystemPaths.Sysroot.Length..] : path;
}
