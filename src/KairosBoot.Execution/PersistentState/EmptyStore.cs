using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>
/// A new store without files and extended attributes. It is created in its place: staging and renaming it would cost the journal twice as
/// many blocks. After a power cut it may have another owner or mode, which the manifest announces: the next boot sets them.
/// </summary>
/// <param name="status">Mode, owner and times of the image's directory.</param>
/// <param name="hasTimes">False: the image has no such directory.</param>
internal sealed class EmptyStore(FileStatus status, bool hasTimes)
{
    private static readonly FileStatus Missing = default(FileStatus) with { Type = FileType.Directory, Mode = Octal.O755 };

    /// <summary>Null: the directory of the image has files, or attributes that a power cut could separate from the store.</summary>
    /// <param name="image">Opened for reading; null: the image has no such directory.</param>
    public static EmptyStore? Of(FileHandle? image)
    {
        if (image is null) return new EmptyStore(Missing, hasTimes: false);
        return Syscall.IsEmpty(image) && !ExtendedAttributes.HasAny(image) ? new EmptyStore(Syscall.FStat(image), hasTimes: true) : null;
    }

    /// <summary>The store as the only entry of its path.</summary>
    public MergeEntry Entry(SignatureReader reader) =>
        new("") { Image = reader.OfPlainDirectory(status), Change = MergeChange.Attributes };

    public void Create(FileHandle stores, string name)
    {
        Syscall.MkDirAt(stores, name, status.Mode);
        try
        {
            using var store = Syscall.OpenDirectoryAt(stores, name);
            FileTree.SetOwnerAndMode(store, status);
            if (hasTimes) Syscall.UTimes(store, status.MTimeNs);
        }
        catch (SyscallException)
        {
            FileTree.Delete(stores, name);
            throw;
        }
    }
}
