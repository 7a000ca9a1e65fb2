using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Fills stores that do not exist yet with what the image has under their paths. Copies go to a name of their own, are flushed together,
/// and only then get the store's name: after a power cut a store is whole or not there.
/// </summary>
public static class StateSeed
{
    private const string Unfinished = ".kairosboot-new";

    /// <summary>Problems, one sentence for each path that could not be seeded; the others are.</summary>
    public static List<string> Seed(IEnumerable<StateDirectory> directories)
    {
        var problems = new List<string>();
        var copied = new List<StateDirectory>();
        foreach (var directory in directories)
            if (Existing(directory) is null && Try(directory, Copy, problems)) copied.Add(directory);
        if (copied.Count == 0) return problems;
        using (var anywhere = Syscall.Open(copied[0].Store + Unfinished, OpenFlags.ReadOnly | OpenFlags.Directory)) Syscall.SyncFs(anywhere);
        foreach (var directory in copied)
            Try(directory, finished => Syscall.Rename(finished.Store + Unfinished, finished.Store), problems);
        return problems;
    }

    /// <summary>What goes wrong with one path is said and stops no other.</summary>
    private static bool Try(StateDirectory directory, Action<StateDirectory> action, List<string> problems)
    {
        try
        {
            action(directory);
            return true;
        }
        catch (SyscallException e)
        {
            problems.Add($"{directory.Path} could not be copied to {directory.Store}: {e.Message}");
            return false;
        }
    }

    /// <summary>The store that holds the state of a path: under its name, or under the one Kairos gave it. Null: none yet.</summary>
    public static string? Existing(StateDirectory directory)
    {
        if (Syscall.TryStat(directory.Store) is { Type: FileType.Directory }) return directory.Store;
        return directory.FormerStore is { } former && Syscall.TryStat(former) is { Type: FileType.Directory } ? former : null;
    }

    private static void Copy(StateDirectory directory)
    {
        var to = directory.Store + Unfinished;
        Syscall.MakeDirectories(to[..to.LastIndexOf('/')]);
        if (Syscall.TryLStat(to) is not null) FileTree.Delete(to);
        if (Syscall.TryStat(directory.Path) is { Type: FileType.Directory }) FileTree.Copy(directory.Path, to);
        else Syscall.MkDir(to, 0b111_101_101);
    }
}
