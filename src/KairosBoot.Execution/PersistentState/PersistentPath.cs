using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Updates one persistent path to a new image. Its store is not changed before <see cref="Do"/>: new files are first copied to a staging
/// directory of the same file system and then only renamed; an <see cref="EmptyStore"/> needs no copy. Image and store are walked by
/// descriptors, and links in them are not followed: users may have replaced their directories by links.
/// </summary>
/// <param name="directory">The path and its store.</param>
/// <param name="stores">The state directory.</param>
/// <param name="space">Counts what the new files of all paths need, and has the directory with their copies.</param>
/// <param name="staging">Name of a directory there for the copies of this path, which does not exist yet.</param>
/// <param name="reader">Computes the signatures.</param>
internal sealed class PersistentPath(PersistentDirectory directory, PersistentStores stores, StagingSpace space, string staging,
    SignatureReader reader) : IDisposable
{
    // Of one with few names.
    private const long DirectoryBytes = 4096;

    private List<MergeEntry> entries = [];
    // Of a new store: its files are the same before and after it gets its name.
    private ManifestSection? filled;
    // A new store that needs no copy.
    private EmptyStore? emptyStore;
    private FileHandle? image, store;
    private StagedFiles? staged;
    private DirectoryCursor? inImage, inStore;

    /// <summary>The path in the running system.</summary>
    public string Path { get; } = PersistentSeed.InRunningSystem(directory.Path);
    public string StoreName { get; private set; } = PathParts.NameOf(directory.Store);
    /// <summary>Null: there is no store yet, and the whole path is copied.</summary>
    public MergePlan? Merge { get; private set; }
    /// <summary>The only entry of a new store without files; null: it has files, or it exists already.</summary>
    public MergeEntry? EmptyEntry => emptyStore is null ? null : entries[0];
    public int Actions => Merge?.Actions.Count ?? 1;

    /// <summary>Plans the changes and stages the new files.</summary>
    /// <returns>False: the volume has too little free space.</returns>
    /// <param name="section">Its section of the manifest; null: it has none.</param>
    /// <exception cref="OperatorException">A user's link is on the way to the path or the store.</exception>
    public bool Prepare(ManifestSection? section)
    {
        var existing = stores.Find(directory, out var isTaken);
        if (existing is not null) StoreName = existing;
        else if (isTaken)
            throw new OperatorException($"{directory.Store} is not a directory", "remove it");
        OpenImage();
        if (existing is null) return PrepareAll();
        var seeded = section?.Store == StoreName ? section.Entries() : null;
        // Signatures of an older version are compared with signatures of the same kind, and replaced by the present kind.
        reader.Digest.WithFormer = seeded is not null && section!.KeyId is null;
        var scan = new PersistentScan(reader);
        try
        {
            entries = image is null ? [] : scan.OfImage(image);
            return PrepareMerge(seeded, scan);
        }
        finally { reader.Digest.WithFormer = false; }
    }

    private void OpenImage()
    {
        image = StepPlace.TryOpenToRead(directory.Path);
        if (image is not null) inImage = new DirectoryCursor(image);
    }

    private void OpenStore()
    {
        store = stores.Open(StoreName);
        inStore = new DirectoryCursor(store);
    }

    private bool PrepareAll()
    {
        if ((emptyStore = EmptyStore.Of(image)) is not null)
        {
            entries.Add(emptyStore.Entry(reader));
            return space.TakeEmptyStore();
        }
        space.StartPath();
        using var copy = MakeStaging();
        var fill = new PersistentFill(reader, space, copy);
        entries = new PersistentScan(reader).OfImage(image!, fill);
        return !fill.IsFull;
    }

    private bool PrepareMerge(List<MergeEntry>? seeded, PersistentScan scan)
    {
        OpenStore();
        entries = MergeTree.Join(seeded, entries);
        scan.AddStore(store!, inStore!, entries);
        Merge = MergePlan.Decide(entries);
        var added = entries.FindAll(entry => entry.Change is MergeChange.Add or MergeChange.Replace or MergeChange.Exchange);
        if (!HasSpaceFor(added)) return false;
        staged = new StagedFiles(MakeStaging());
        var links = new Dictionary<string, MergeEntry>();
        var stagedLinks = new Dictionary<string, int>();
        foreach (var entry in entries)
            if (entry.HardLink is { } same && entry.Store.Equals(entry.Image)) links.TryAdd(same, entry);
        for (var i = 0; i < Merge.Actions.Count; i++)
            if (Merge.Actions[i] is { Kind: MergeActionKind.Put, Entry: var entry }) Stage(entry, i, links, stagedLinks);
        return true;
    }

    private FileHandle MakeStaging()
    {
        Syscall.MkDirAt(space.Directory, staging, Octal.O700);
        return Syscall.OpenDirectoryAt(space.Directory, staging);
    }

    /// <param name="entry">The entry to copy.</param>
    /// <param name="action">Number of the action that moves the copy to its place.</param>
    /// <param name="inPlace">Files of the store with the content of an image file that has several names.</param>
    /// <param name="copies">The same files among the copies, by action.</param>
    private void Stage(MergeEntry entry, int action, Dictionary<string, MergeEntry> inPlace, Dictionary<string, int> copies)
    {
        if (entry.HardLink is { } same)
        {
            if (inPlace.TryGetValue(same, out var existing))
            {
                var (parent, last) = inStore!.Parent(existing.Name);
                var (link, linkName) = staged!.Add(action);
                Syscall.LinkAt(parent, last, link, linkName);
                return;
            }
            if (!copies.TryAdd(same, action))
            {
                staged!.AddLink(action, copies[same]);
                return;
            }
        }
        var (from, its) = inImage!.Parent(entry.Name);
        var (to, name) = staged!.Add(action);
        FileTree.CopyOne(from, its, to, name);
    }

    private bool HasSpaceFor(List<MergeEntry> added)
    {
        if (added.Count == 0) return true;
        space.StartPath();
        space.AddEntries(entries.Count - added.Count);
        for (var i = 0; i <= Merge!.Actions.Count / StagedFiles.Together; i++) space.Take(DirectoryBytes);
        foreach (var entry in added)
            if (!space.Take(entry.AllocatedBytes)) return false;
        return true;
    }

    /// <param name="image">Identity of the image.</param>
    /// <param name="meanwhile">As in <see cref="ManifestSection.Of"/>.</param>
    public ManifestSection Section(string image, bool meanwhile)
    {
        if (Merge is not null || emptyStore is not null)
            return ManifestSection.Of(Path, StoreName, image, entries, meanwhile, reader.KeyId);
        filled ??= ManifestSection.Of(Path, StoreName, image, entries, meanwhile: false, reader.KeyId);
        return meanwhile ? filled.With(ManifestSection.Unfinished) : filled;
    }

    /// <summary>Executes one action: a rename, a deletion or a change of attributes.</summary>
    public void Do(int index)
    {
        if (Merge is null)
        {
            if (emptyStore is not null) emptyStore.Create(stores.Directory!, StoreName);
            else Syscall.RenameAt(space.Directory, staging, stores.Directory!, StoreName);
            return;
        }
        OpenAll();
        var (kind, entry) = (Merge.Actions[index].Kind, Merge.Actions[index].Entry);
        if (kind == MergeActionKind.Attributes)
        {
            FileTree.TakeAttributes(inImage!.TryOpen(entry.Name) ?? throw Gone(entry), inStore!.TryOpen(entry.Name) ?? throw Gone(entry));
            return;
        }
        inStore!.Forget(entry.Name);
        var (parent, name) = inStore.Parent(entry.Name);
        if (kind == MergeActionKind.Put)
        {
            var (from, copy) = staged!.Find(index);
            Syscall.RenameAt(from, copy, parent, name);
        }
        else if (entry.Store.IsDirectory)
        {
            Syscall.RmDirAt(parent, name);
        }
        else
        {
            Syscall.UnlinkAt(parent, name);
        }
    }

    private void OpenAll()
    {
        if (store is null) OpenStore();
        if (image is null) OpenImage();
        staged ??= new StagedFiles(Syscall.OpenDirectoryAt(space.Directory, staging));
    }

    private OperatorException Gone(MergeEntry entry) =>
        new($"the directory {Path}/{entry.Name} was replaced during the update", "stop the program that changes it");

    /// <summary>Restores the times of directories that are the same as in the image, which the changes in them have modified.</summary>
    public void SetTimes()
    {
        if (Merge is null || Merge.Actions.Count == 0) return;
        OpenAll();
        MergeEntry? last = null;
        foreach (var action in Merge.Actions)
        {
            if (action.Entry is { Change: not MergeChange.Remove, Image.IsDirectory: true }) SetTime(action.Entry);
            if (action.Entry.Parent is { } parent && parent != last && parent.Image.IsDirectory && parent.Change == MergeChange.None
                && parent.Store.Equals(parent.Image))
            {
                SetTime(last = parent);
            }
        }
    }

    private void SetTime(MergeEntry entry)
    {
        if (inImage?.TryOpen(entry.Name) is { } from && inStore!.TryOpen(entry.Name) is { } to)
            Syscall.UTimes(to, Syscall.FStat(from).MTimeNs);
    }

    /// <summary>Closes all files; <see cref="Do"/> opens them again. There may be more paths than a process may have open files.</summary>
    public void Close()
    {
        inImage?.Dispose();
        inStore?.Dispose();
        image?.Dispose();
        store?.Dispose();
        staged?.Dispose();
        (inImage, inStore, image, store, staged) = (null, null, null, null, null);
    }

    public void Dispose() => Close();
}
