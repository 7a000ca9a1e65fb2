using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// Brings the stores of a state directory in line with an image. The order makes sure that a power cut between any two calls loses
/// nothing, and that the next boot, with this image or another one, has the same result: copy the new files to a staging directory; write
/// to the manifest what will change, old and new; make the changes, each in one call (for the attributes of a directory, the manifest
/// accepts any mixture); write the final state to the manifest.
/// </summary>
/// <param name="stores">The state directory; closed with this.</param>
/// <param name="manifest">Manifest of the state directory; closed with this.</param>
/// <param name="image">Identity of the image.</param>
/// <param name="result">Receives the result.</param>
internal sealed class PersistentMerge(PersistentStores stores, PersistentManifestFile manifest, string image, PersistentSeedResult result)
    : IDisposable
{
    private const string StagingName = "staging";
    private readonly List<PersistentPath> paths = [];
    private List<ManifestSection> sections = [];
    private FileHandle? staging;

    public PersistentManifestFile Manifest => manifest;
    public int Actions
    {
        get
        {
            var all = 0;
            foreach (var path in paths) all += path.Actions;
            return all;
        }
    }

    /// <summary>Plans the changes and stages the new files. No store is changed.</summary>
    /// <returns>False: no change is possible.</returns>
    public bool Prepare(List<PersistentDirectory> directories)
    {
        var damaged = new List<string>();
        SignatureKey key;
        try
        {
            manifest.Make();
            key = manifest.Key();
            sections = manifest.Read(damaged);
            manifest.DeleteUnfinished();
            FileTree.Delete(manifest.Control, StagingName);
            Syscall.MkDirAt(manifest.Control, StagingName, Octal.O700);
            staging = Syscall.OpenDirectoryAt(manifest.Control, StagingName);
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            foreach (var directory in directories) result.Refused(PersistentSeed.InRunningSystem(directory.Path), e);
            return false;
        }
        finally { damaged.ForEach(result.Problem); }
        var known = new Dictionary<string, ManifestSection>();
        foreach (var section in sections) known.TryAdd(section.Path, section);
        var reader = new SignatureReader(key);
        var space = new StagingSpace(staging);
        foreach (var directory in directories)
        {
            var staged = paths.Count.ToString();
            var path = new PersistentPath(directory, stores, space, staged, reader);
            Prepare(path, known.GetValueOrDefault(path.Path), staged);
        }
        return paths.Count > 0;
    }

    private void Prepare(PersistentPath path, ManifestSection? section, string staged)
    {
        try
        {
            if (path.Prepare(section))
            {
                paths.Add(path);
                return;
            }

            result.NoSpace(path.Path);
            TryDelete(staging!, staged);
        }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            result.Refused(path.Path, e);
            TryDelete(staging!, staged);
        }
        finally { path.Close(); }
    }

    /// <summary>Writes the planned changes to the manifest. From here on, the next boot can continue after a power cut.</summary>
    /// <returns>False: the manifest cannot be written; no store was changed.</returns>
    public bool Announce()
    {
        try
        {
            manifest.WriteNext(With(meanwhile: false));
            if (Actions > 0) manifest.Replace(With(meanwhile: true));
            return true;
        }
        catch (SyscallException e)
        {
            foreach (var path in paths) result.Refused(path.Path, e);
            return false;
        }
    }

    private List<ManifestSection> With(bool meanwhile)
    {
        var all = new List<ManifestSection>(sections.Count + paths.Count);
        var updated = new HashSet<string>();
        foreach (var path in paths) updated.Add(path.Path);
        foreach (var section in sections)
            if (!updated.Contains(section.Path)) all.Add(section);
        PersistentPath? last = null;
        foreach (var path in paths)
        {
            // Most empty stores have the same owner and mode, and then the same text, whose digest is not computed again.
            var isSame = last is not null && path.EmptyEntry is { } entry && entry.Image.Equals(last.EmptyEntry!.Image);
            all.Add(isSame ? all[^1].For(path.Path, path.StoreName) : path.Section(image, meanwhile));
            last = path.EmptyEntry is null ? null : path;
        }
        return all;
    }

    /// <summary>Makes the changes.</summary>
    /// <param name="limit">How many of <see cref="Actions"/> to make.</param>
    /// <returns>False: the volume accepts no more changes.</returns>
    public bool Change(int limit = int.MaxValue)
    {
        foreach (var path in paths)
        {
            Exception? refused = null;
            using var closed = path;
            for (var i = 0; i <= path.Actions; i++)
            {
                if (i < path.Actions && limit-- <= 0) return false;
                try
                {
                    if (i < path.Actions) path.Do(i);
                    else path.SetTimes();
                }
                catch (Exception e) when (e is SyscallException or OperatorException) { refused ??= e; }
                if (IsOfVolume(refused)) break;
            }
            if (refused is not null) result.Refused(path.Path, refused);
            // If single files cannot be changed, for example immutable ones, they stay as if the user had changed them.
            if (IsOfVolume(refused)) return false;
            if (path.Merge is { } merge) result.Add(path.Path, merge);
            else if (refused is null) result.Seeded++;
        }
        return true;
    }

    private static bool IsOfVolume(Exception? refused) => refused is SyscallException { Errno: Errno.EIO or Errno.ENOSPC or Errno.EROFS };

    /// <summary>Writes the final state to the manifest; the next boot with this image has nothing to do.</summary>
    public void Settle()
    {
        try { manifest.Settle(); }
        catch (SyscallException e)
        {
            foreach (var path in paths) result.Refused(path.Path, e);
        }
    }

    /// <summary>Deletes everything except the stores and the manifest.</summary>
    public void CleanUp()
    {
        if (staging is null) return;
        TryDelete(manifest.Control, StagingName);
        try { manifest.DeleteUnfinished(); }
        catch (SyscallException) { } // the next pass deletes it
    }

    private static void TryDelete(FileHandle directory, string name)
    {
        try { FileTree.Delete(directory, name); }
        catch (SyscallException) { } // the next pass deletes it
    }

    public void Dispose()
    {
        staging?.Dispose();
        manifest.Dispose();
        stores.Dispose();
    }
}
