using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The result of updating the stores to an image.</summary>
public sealed class PersistentSeedResult
{
    private const int MaxNames = 20;
    private readonly List<string> problems = [], full = [], readOnly = [];

    /// <summary>
    /// Number of stores that were created, and number that were compared with the image. Both 0: there was nothing to do.
    /// </summary>
    public int Seeded { get; internal set; }
    public int Compared { get; internal set; }
    public int Followed { get; private set; }
    public int Added { get; private set; }
    public int Removed { get; private set; }
    /// <summary>Files that stay in the user's version although the image changed or dropped its own.</summary>
    public int Kept { get; private set; }
    /// <summary>The first of those files, as paths in the running system.</summary>
    public List<string> KeptNames { get; } = [];

    /// <summary>Path in the initrd of the mark of a machine whose first boot has not ended yet; null: it has.</summary>
    public string? FirstBoot { get; internal set; }

    /// <summary>One sentence for each path with a problem; a single one for all paths if the volume is full or read-only.</summary>
    public List<string> Problems
    {
        get
        {
            var all = new List<string>(problems);
            if (full.Count > 0)
                all.Add($"no space is left for {string.Join(", ", full)}: the stored files stay unchanged until a boot finds enough space");
            if (readOnly.Count > 0) all.Add($"the volume of {string.Join(", ", readOnly)} is read-only: the stored files stay unchanged");
            return all;
        }
    }

    /// <summary>True: the volume is read-only, and nothing else is a problem.</summary>
    public bool IsReadOnly => readOnly.Count > 0 && problems.Count + full.Count == 0;

    internal void Add(string path, MergePlan merge)
    {
        Compared++;
        Followed += merge.Followed;
        Added += merge.Added;
        Removed += merge.Removed;
        Kept += merge.Kept.Count;
        foreach (var name in merge.Kept)
            if (KeptNames.Count < MaxNames) KeptNames.Add($"{path}/{name}");
    }

    /// <param name="path">Path in the running system.</param>
    /// <param name="reason">A <see cref="SyscallException"/> or an <see cref="OperatorException"/>.</param>
    internal void Refused(string path, Exception reason)
    {
        if (reason is SyscallException { Errno: Errno.ENOSPC })
        {
            NoSpace(path);
        }
        else if (reason is SyscallException { Errno: Errno.EROFS })
        {
            readOnly.Add(path);
        }
        else
        {
            problems.Add($"{path} could not be updated to the image: "
                + (reason is OperatorException refusal ? $"{refusal.Problem}; {refusal.Fix}" : reason.Message));
        }
    }

    /// <summary>The volume has too little free space for the files of a path.</summary>
    internal void NoSpace(string path) => full.Add(path);

    internal void Problem(string sentence) => problems.Add(sentence);
}
