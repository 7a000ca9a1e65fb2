using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>What came of bringing the stores in line with the image.</summary>
public sealed class PersistentSeedResult
{
    private const int NamesAtMost = 20;
    private readonly List<string> problems = [], full = [], readOnly = [];

    /// <summary>Paths whose store was made, and paths whose store was compared with the image. Both 0: nothing was to be done.</summary>
    public int Seeded { get; internal set; }
    public int Compared { get; internal set; }
    public int Followed { get; private set; }
    public int Added { get; private set; }
    public int Removed { get; private set; }
    /// <summary>Files that stay as the user has them although the image changed or dropped its own.</summary>
    public int Kept { get; private set; }
    /// <summary>The first of those, as paths of the running system.</summary>
    public List<string> KeptNames { get; } = [];

    /// <summary>One sentence for each path that something is wrong with; one for all where the volume is full or read-only.</summary>
    public List<string> Problems
    {
        get
        {
            var all = new List<string>(problems);
            if (full.Count > 0)
                all.Add($"no space is left for {string.Join(", ", full)}: what is stored stays as it is until a boot finds room to follow the image");
            if (readOnly.Count > 0) all.Add($"the volume of {string.Join(", ", readOnly)} is read-only: what is stored stays as it is");
            return all;
        }
    }

    internal void Add(string path, MergePlan merge)
    {
        Compared++;
        Followed += merge.Followed;
        Added += merge.Added;
        Removed += merge.Removed;
        Kept += merge.Kept.Count;
        foreach (var name in merge.Kept)
            if (KeptNames.Count < NamesAtMost) KeptNames.Add($"{path}/{name}");
    }

    /// <param name="path">In the running system.</param>
    /// <param name="reason">A <see cref="SyscallException"/> or an <see cref="OperatorException"/>.</param>
    internal void Refused(string path, Exception reason)
    {
        if (reason is SyscallException { Errno: Errno.ENOSPC })
        {
            full.Add(path);
        }
        else if (reason is SyscallException { Errno: Errno.EROFS })
        {
            readOnly.Add(path);
        }
        else
        {
            problems.Add($"the state of {path} could not be brought in line with the image: "
                + (reason is OperatorException refusal ? $"{refusal.Problem}; {refusal.Fix}" : reason.Message));
        }
    }

    internal void Problem(string sentence) => problems.Add(sentence);
}
