using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Fills the stores of persistent paths from the image, and brings them in line with every new one: see <see cref="StateMerge"/> for what
/// follows and what stays, <see cref="StatePass"/> for why a power cut does no harm.
/// </summary>
public static class StateSeed
{
    /// <summary>Does what is to be done, which is nothing where every store was brought in line with this image before: then the head of the manifest
    /// is all that is read, and nothing is written.</summary>
    public static StateSeedResult Seed(SeedState step)
    {
        var result = new StateSeedResult();
        if (Begin(step, result) is not { } pass) return result;
        if (pass.Announce() && pass.Change()) pass.Settle();
        pass.CleanUp();
        return result;
    }

    /// <summary>A pass over the paths whose store is missing or belongs to another image, ready for its changes. Null: none, or it cannot be made.</summary>
    internal static StatePass? Begin(SeedState step, StateSeedResult result)
    {
        if (step.Directories.IsEmpty) return null;
        var store = step.Directories[0].Store;
        var manifest = new StateManifestFile(store[..store.LastIndexOf('/')]);
        var late = Late(step, manifest);
        if (late.Count == 0) return null;
        var pass = new StatePass(manifest, step.Image, result);
        if (pass.Prepare(late)) return pass;
        pass.CleanUp();
        return null;
    }

    private static List<StateDirectory> Late(SeedState step, StateManifestFile manifest)
    {
        List<StateSection> known;
        try { known = manifest.ReadHead(); }
        catch (SyscallException) { known = []; } // the pass runs into the same, and says so
        var late = new List<StateDirectory>();
        foreach (var directory in step.Directories)
        {
            var path = InRunningSystem(directory.Path);
            if (step.Image.Length == 0 || Existing(directory) is not { } store || !known.Exists(section =>
                    section.Path == path && section.Image == step.Image && store.EndsWith("/" + section.Store, StringComparison.Ordinal)))
                late.Add(directory);
        }
        return late;
    }

    /// <summary>The store that holds the state of a path: under its name, or under the one Kairos gave it. Null: none yet.</summary>
    public static string? Existing(StateDirectory directory)
    {
        if (Syscall.TryStat(directory.Store) is { Type: FileType.Directory }) return directory.Store;
        return directory.FormerStore is { } former && Syscall.TryStat(former) is { Type: FileType.Directory } ? former : null;
    }

    internal static string InRunningSystem(string path) =>
        path.StartsWith(SystemPaths.Sysroot + "/", StringComparison.Ordinal) ? path[SystemPaths.Sysroot.Length..] : path;
}
