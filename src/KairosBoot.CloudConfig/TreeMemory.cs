using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>
/// What stages have looked up in the file tree and need not look up again for the next entry. It holds as long as entries only create and
/// replace files, as most entries do, and <see cref="Wrote"/> learns of each. Before an entry changes anything else: <see cref="Forget"/>.
/// </summary>
internal sealed class TreeMemory
{
    private readonly KnownDirectory directory = new();

    internal TreeMemory() => Walker = new PathWalker(known: directory);

    /// <summary>As <see cref="Directories.Walker"/>. It remembers the directory of the last file.</summary>
    internal PathWalker Walker { get; }

    /// <summary>
    /// True: another process may change files at any time, so nothing holds longer than for one entry. In the initrd there is none until an
    /// entry starts a program, which can continue to run.
    /// </summary>
    internal bool HasOthers { get; set; } = true;

    /// <summary>The configs of directories.</summary>
    internal Dictionary<string, List<ConfigFile>> Listings { get; } = [];

    /// <summary>What <see cref="RelabelList"/> has found; null: not known.</summary>
    internal bool? IsRelabelling { get; set; }

    /// <summary>An entry starts a program.</summary>
    internal void NoteProgram()
    {
        HasOthers = true;
        Forget();
    }

    internal void Forget()
    {
        Close();
        IsRelabelling = null;
        Listings.Clear();
    }

    /// <summary>Closes what is open: it would keep a file system busy.</summary>
    internal void Close() => directory.Forget();

    /// <summary>A file was created, or replaced by a new one.</summary>
    internal void Wrote(FilePlace place)
    {
        if (place.Name == RelabelList.ConfigName) IsRelabelling = null;
        if (ConfigFiles.IsConfig(place.Name)) Listings.Clear();
    }
}
