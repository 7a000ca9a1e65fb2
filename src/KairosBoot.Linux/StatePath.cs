using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// One persistent path on its way to a new image. Nothing of its store changes before <see cref="Do"/>: everything that comes is copied to a
/// staging directory of the same file system first, and then only renamed.
/// </summary>
/// <param name="directory">The path and its store.</param>
/// <param name="staging">A directory of its own for the copies; not there yet.</param>
internal sealed class StatePath(StateDirectory directory, string staging)
{
    private const int DirectoryMode = 0b111_101_101;
    private const int BytesOfAnInode = 4096;

    private readonly string store = StateSeed.Existing(directory) ?? directory.Store;
    private List<StateEntry> entries = [];

    /// <summary>The path in the running system.</summary>
    public string Path { get; } = StateSeed.InRunningSystem(directory.Path);
    public string StoreName => store[(store.LastIndexOf('/') + 1)..];
    /// <summary>Null: there was no store, and all of it is copied.</summary>
    public StateMerge? Merge { get; private set; }
    public int Actions => Merge?.Actions.Count ?? 1;

    /// <summary>Decides what is to be done, and copies what will come.</summary>
    /// <param name="seeded">From the manifest; null where it says nothing of this store.</param>
    public void Prepare(List<StateEntry>? seeded)
    {
        entries = StateScan.OfImage(directory.Path);
        switch (Syscall.TryStat(store)?.Type)
        {
            case null: PrepareAll(); break;
            case FileType.Directory: PrepareMerge(seeded); break;
            default: throw new SyscallException("readdir", store, Errno.ENOTDIR);
        }
    }

    private void PrepareAll()
    {
        CheckRoom(entries);
        if (entries.Count > 0)
        {
            FileTree.Copy(directory.Path, staging);
            return;
        }
        Syscall.MkDir(staging, DirectoryMode);
        entries.Add(new StateEntry("") { Image = new StateScan().Signature(staging, Syscall.TryStat(staging)!.Value) });
    }

    private void PrepareMerge(List<StateEntry>? seeded)
    {
        entries = StateTree.Join(seeded, entries);
        StateScan.AddStore(store, entries);
        Merge = StateMerge.Decide(entries);
        CheckRoom(entries.FindAll(entry => entry.Change is StateChange.Add or StateChange.Replace or StateChange.Exchange));
        Syscall.MkDir(staging, DirectoryMode);
        var links = new Dictionary<string, string>();
        foreach (var entry in entries)
            if (entry.HardLink is { } same && entry.Store.Equals(entry.Image)) links.TryAdd(same, InStore(entry));
        for (var i = 0; i < Merge.Actions.Count; i++)
            if (Merge.Actions[i] is { Kind: StateActionKind.Put, Entry: var entry }) Stage(entry, Staged(i), links);
    }

    private void Stage(StateEntry entry, string staged, Dictionary<string, string> links)
    {
        if (entry.HardLink is { } same && !links.TryAdd(same, staged)) Syscall.Link(links[same], staged);
        else FileTree.CopyOne(InImage(entry), staged);
    }

    // Roughly: a disk that is filled to the brim helps nobody. The manifest comes twice.
    private void CheckRoom(List<StateEntry> coming)
    {
        if (coming.Count == 0) return;
        long bytes = entries.Count * 2 * 128L;
        foreach (var entry in coming) bytes += entry.Room + BytesOfAnInode;
        using var parent = Syscall.Open(staging[..staging.LastIndexOf('/')], OpenFlags.ReadOnly | OpenFlags.Directory);
        var (freeBytes, freeInodes) = Syscall.FreeSpace(parent);
        if (bytes > freeBytes || coming.Count + 8 > freeInodes) throw new SyscallException("copy", staging, Errno.ENOSPC);
    }

    public StateSection Section(string image, bool meanwhile) => StateSection.Of(Path, StoreName, image, entries, meanwhile);

    /// <summary>One rename, removal or change of attributes.</summary>
    public void Do(int index)
    {
        if (Merge is null)
        {
            Syscall.Rename(staging, store);
            return;
        }
        var (kind, entry) = (Merge.Actions[index].Kind, Merge.Actions[index].Entry);
        if (kind == StateActionKind.Put) Syscall.Rename(Staged(index), InStore(entry));
        else if (kind == StateActionKind.Attributes) FileTree.TakeAttributes(InImage(entry), InStore(entry));
        else if (entry.Store.IsDirectory) Syscall.RmDir(InStore(entry));
        else Syscall.Unlink(InStore(entry));
    }

    /// <summary>Directories that are as the image has them get its times again, which the changes in them have moved.</summary>
    public void SetTimes()
    {
        StateEntry? last = null;
        foreach (var action in Merge?.Actions ?? [])
        {
            if (action.Entry is { Change: not StateChange.Remove, Image.IsDirectory: true }) SetTime(action.Entry);
            if (action.Entry.Parent is { } parent && parent != last && parent.Image.IsDirectory && parent.Change == StateChange.None
                && parent.Store.Equals(parent.Image))
                SetTime(last = parent);
        }
    }

    private void SetTime(StateEntry entry)
    {
        if (Syscall.TryStat(InImage(entry)) is { } status && Syscall.TryLStat(InStore(entry)) is { Type: FileType.Directory })
            Syscall.LUTimes(InStore(entry), status.MTimeNs);
    }

    private string Staged(int index) => $"{staging}/{index}";
    private string InStore(StateEntry entry) => entry.Name.Length == 0 ? store : $"{store}/{entry.Name}";
    private string InImage(StateEntry entry) => entry.Name.Length == 0 ? directory.Path : $"{directory.Path}/{entry.Name}";
}
