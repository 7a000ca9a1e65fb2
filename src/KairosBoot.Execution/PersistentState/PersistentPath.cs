using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// One persistent path on its way to a new image. Nothing of its store changes before <see cref="Do"/>: everything that comes is copied to a
/// staging directory of the same file system first, and then only renamed. Image and store are walked by descriptors, and no link in them is followed:
/// the users who own them may have exchanged any directory for one.
/// </summary>
/// <param name="directory">The path and its store.</param>
/// <param name="stores">The state directory.</param>
/// <param name="stagingDirectory">Where the copies of all paths are.</param>
/// <param name="staging">Name of a directory there for the copies of this path; not there yet.</param>
internal sealed class PersistentPath(PersistentDirectory directory, PersistentStores stores, FileHandle stagingDirectory, string staging) : IDisposable
{
    private const int DirectoryMode = Octal.O755;
    private const int BytesOfAnInode = 4096;

    private List<MergeEntry> entries = [];
    private FileHandle? image, store, staged;
    private DirectoryCursor? inImage, inStore;

    /// <summary>The path in the running system.</summary>
    public string Path { get; } = PersistentSeed.InRunningSystem(directory.Path);
    public string StoreName { get; private set; } = PersistentStores.Name(directory.Store);
    /// <summary>Null: there was no store, and all of it is copied.</summary>
    public MergePlan? Merge { get; private set; }
    public int Actions => Merge?.Actions.Count ?? 1;

    /// <summary>Decides what is to be done, and copies what will come.</summary>
    /// <param name="sections">The manifest.</param>
    /// <exception cref="OperatorException">A user's link is on the way to the path or the store.</exception>
    public void Prepare(List<ManifestSection> sections)
    {
        var existing = stores.Find(directory);
        if (existing is not null) StoreName = existing;
        else if (Syscall.TryStatAt(stores.Directory!, StoreName) is not (null or { Type: FileType.Symlink }))
            throw new SyscallException("readdir", directory.Store, Errno.ENOTDIR);
        OpenImage();
        entries = image is null ? [] : PersistentScan.OfImage(image);
        if (existing is null) PrepareAll();
        else PrepareMerge(sections.Find(section => section.Path == Path && section.Store == StoreName)?.Entries());
    }

    private void OpenImage()
    {
        using var found = StepPlace.TryOpenDirectory(directory.Path);
        if (found is null) return;
        image = Syscall.Reopen(found, OpenFlags.ReadOnly | OpenFlags.Directory);
        inImage = new DirectoryCursor(image);
    }

    private void OpenStore()
    {
        store = stores.Open(StoreName);
        inStore = new DirectoryCursor(store);
    }

    private void PrepareAll()
    {
        CheckRoom(entries);
        if (image is not null)
        {
            Syscall.Rewind(image);
            FileTree.Copy(image, stagingDirectory, staging);
            return;
        }
        using var empty = MakeStaging();
        Syscall.FChMod(empty, DirectoryMode);
        entries.Add(new MergeEntry("") { Image = new PersistentScan().Signature(empty, Syscall.FStat(empty)) });
    }

    private void PrepareMerge(List<MergeEntry>? seeded)
    {
        OpenStore();
        entries = MergeTree.Join(seeded, entries);
        PersistentScan.AddStore(store!, inStore!, entries);
        Merge = MergePlan.Decide(entries);
        CheckRoom(entries.FindAll(entry => entry.Change is MergeChange.Add or MergeChange.Replace or MergeChange.Exchange));
        staged = MakeStaging();
        var links = new Dictionary<string, MergeEntry>();
        var stagedLinks = new Dictionary<string, string>();
        foreach (var entry in entries)
            if (entry.HardLink is { } same && entry.Store.Equals(entry.Image)) links.TryAdd(same, entry);
        for (var i = 0; i < Merge.Actions.Count; i++)
            if (Merge.Actions[i] is { Kind: MergeActionKind.Put, Entry: var entry }) Stage(entry, $"{i}", links, stagedLinks);
    }

    private FileHandle MakeStaging()
    {
        Syscall.MkDirAt(stagingDirectory, staging, Octal.O700);
        return Syscall.OpenDirectoryAt(stagingDirectory, staging);
    }

    /// <param name="entry">What comes.</param>
    /// <param name="name">Its name in the staging directory.</param>
    /// <param name="inPlace">Files of the store that have the content of a file of the image with several names.</param>
    /// <param name="copies">Those that were staged.</param>
    private void Stage(MergeEntry entry, string name, Dictionary<string, MergeEntry> inPlace, Dictionary<string, string> copies)
    {
        if (entry.HardLink is { } same)
        {
            if (inPlace.TryGetValue(same, out var existing))
            {
                var (parent, last) = inStore!.Parent(existing.Name);
                Syscall.LinkAt(parent, last, staged!, name);
                return;
            }
            if (!copies.TryAdd(same, name))
            {
                Syscall.LinkAt(staged!, copies[same], staged!, name);
                return;
            }
        }
        var (from, its) = inImage!.Parent(entry.Name);
        FileTree.CopyOne(from, its, staged!, name);
    }

    // Roughly: a disk that is filled to the brim helps nobody. The manifest comes twice.
    private void CheckRoom(List<MergeEntry> coming)
    {
        if (coming.Count == 0) return;
        long bytes = entries.Count * 2 * 128L;
        foreach (var entry in coming) bytes += entry.Room + BytesOfAnInode;
        var (freeBytes, freeInodes) = Syscall.FreeSpace(stagingDirectory);
        if (bytes > freeBytes || coming.Count + 8 > freeInodes) throw new SyscallException("copy", $"{stagingDirectory.Path}/{staging}", Errno.ENOSPC);
    }

    public ManifestSection Section(string image, bool meanwhile) => ManifestSection.Of(Path, StoreName, image, entries, meanwhile);

    /// <summary>One rename, removal or change of attributes.</summary>
    public void Do(int index)
    {
        if (Merge is null)
        {
            Syscall.RenameAt(stagingDirectory, staging, stores.Directory!, StoreName);
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
        if (kind == MergeActionKind.Put) Syscall.RenameAt(staged!, $"{index}", parent, name);
        else if (entry.Store.IsDirectory) Syscall.RmDirAt(parent, name);
        else Syscall.UnlinkAt(parent, name);
    }

    private void OpenAll()
    {
        if (store is null) OpenStore();
        if (image is null) OpenImage();
        staged ??= Syscall.OpenDirectoryAt(stagingDirectory, staging);
    }

    private SyscallException Gone(MergeEntry entry) => new("openat", $"{Path}/{entry.Name}", Errno.ENOTDIR);

    /// <summary>Directories that are as the image has them get its times again, which the changes in them have moved.</summary>
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
        if (inImage?.TryOpen(entry.Name) is { } from && inStore!.TryOpen(entry.Name) is { } to) Syscall.UTimes(to, Syscall.FStat(from).MTimeNs);
    }

    /// <summary>Closes what is open; <see cref="Do"/> opens it again. There may be more paths than a process may have files open.</summary>
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
