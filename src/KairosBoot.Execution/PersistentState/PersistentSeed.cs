using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Fills the stores of persistent paths from the image, and brings them in line with every new one: see <see cref="MergePlan"/> for what
/// follows and what stays, <see cref="PersistentMerge"/> for why a power cut does no harm.
/// </summary>
public static class PersistentSeed
{
    /// <summary>Does what is to be done, which is nothing where every store was brought in line with this image before: then the head of the manifest
    /// is all that is read, and nothing is written.</summary>
    public static PersistentSeedResult Seed(SeedPersistent step)
    {
        var result = new PersistentSeedResult();
        using var pass = Begin(step, result);
        if (pass is null) return result;
        if (pass.Announce() && pass.Change()) pass.Settle();
        pass.CleanUp();
        return result;
    }

    /// <summary>A pass over the paths whose store is missing or belongs to another image, ready for its changes. Null: none, or it cannot be made.</summary>
    internal static PersistentMerge? Begin(SeedPersistent step, PersistentSeedResult result)
    {
        if (step.Directories.IsEmpty) return null;
        var store = step.Directories[0].Store;
        var stores = new PersistentStores(store[..store.LastIndexOf('/')]);
        var pass = new PersistentMerge(stores, new PersistentManifestFile(stores), step.Image, result);
        if (Late(step, stores, pass.Manifest) is { Count: > 0 } late)
        {
            if (pass.Prepare(late)) return pass;
            pass.CleanUp();
        }
        pass.Dispose();
        return null;
    }

    private static List<PersistentDirectory> Late(SeedPersistent step, PersistentStores stores, PersistentManifestFile manifest)
    {
        List<ManifestSection> known;
        try { known = manifest.ReadHead(); }
        catch (Exception e) when (e is SyscallException or OperatorException) { known = []; } // the pass runs into the same, and says so
        var late = new List<PersistentDirectory>();
        foreach (var directory in step.Directories)
            if (step.Image.Length == 0 || !IsKnown(known, InRunningSystem(directory.Path), step.Image, directory, stores)) late.Add(directory);
        return late;
    }

    private static bool IsKnown(List<ManifestSection> known, string path, string image, PersistentDirectory directory, PersistentStores stores)
    {
        var section = known.Find(section => section.Path == path);
        if (section is null || section.Image != image) return false;
        try { return stores.Find(directory) == section.Store; }
        catch (Exception e) when (e is SyscallException or OperatorException) { return false; } // as above
    }

    internal static string InRunningSystem(string path) =>
        path.StartsWith(SystemPaths.Sysroot + "/", StringComparison.Ordinal) ? path[SystemPaths.Sysroot.Length..] : path;
}
