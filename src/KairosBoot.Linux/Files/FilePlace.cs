using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// The place of a file that exists or will be created: its open directory, and its name there. The result of a <see cref="PathWalker"/>;
/// no path is looked up again.
/// </summary>
public sealed class FilePlace : IDisposable
{
    private readonly string userPath;

    internal FilePlace(FileHandle directory, string name, FileStatus? found, int user, string userPath)
    {
        (Directory, Name, Found, User, this.userPath) = (directory, name, name == "." ? Syscall.FStat(directory) : found, user, userPath);
        Path = PathParts.Below(directory.Path, name == "." ? "" : name);
    }

    public FileHandle Directory { get; }
    public string Name { get; }

    /// <summary>What is known about the directory until the next walk; null: nothing.</summary>
    internal KnownDirectory? Known { get; init; }

    /// <summary>The path with all links followed, as it was found.</summary>
    public string Path { get; }

    /// <summary>The user other than root who can replace the file; 0: none.</summary>
    public int User { get; }

    /// <summary>Status of the file when the walk found it; null: it did not exist.</summary>
    public FileStatus? Found { get; }

    /// <summary>Present status of the file, not following a link; null: it does not exist.</summary>
    public FileStatus? Status => Syscall.TryStatAt(Directory, Name);

    /// <summary>Opens the file for its owner, its mode and <see cref="Syscall.Reopen"/>. Null: it does not exist.</summary>
    /// <exception cref="OperatorException">
    /// It is a link, or it belongs to another user than the one who could have put it there.
    /// </exception>
    public FileHandle? TryOpen()
    {
        var file = Syscall.TryOpenAt(Directory, Name, OpenFlags.Path | OpenFlags.NoFollow);
        if (file is null) return null;
        try
        {
            var status = Syscall.FStat(file);
            if (status.Type == FileType.Symlink) throw new OperatorException($"{Path} is a link", "remove it, or name what it points to");
            if (User != 0 && status.Uid != User)
            {
                throw new OperatorException(
                    $"{Path} belongs to user {status.Uid.ToString()}, but {userPath} belongs to user {User.ToString()}",
                    "remove it, or give it to user " + User.ToString());
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="TryOpen"/>; ENOENT: it does not exist.</summary>
    public FileHandle Open() => TryOpen() ?? throw Missing();

    /// <summary>Present status of the directory here. ENOENT: it does not exist; ENOTDIR: something else is here.</summary>
    public FileStatus DirectoryStatus => Status switch
    {
        null => throw Missing(),
        { Type: FileType.Directory } status => status,
        _ => throw Syscall.Failed("open", Path, Errno.ENOTDIR),
    };

    private SyscallException Missing() => Syscall.Failed("open", Path, Errno.ENOENT);

    /// <summary>Creates a directory here. False: the name exists already.</summary>
    /// <param name="directory">Mode and owner.</param>
    public bool MakeDirectory(NewDirectories directory)
    {
        if (Found is not null) return false;
        directory.Create(Directory, Syscall.FStat(Directory), Name).Dispose();
        return true;
    }

    /// <summary>
    /// The whole content of the file, for writing it again with changes. In a directory that a user can change, the file is read as that
    /// user: a file that the user has linked there but may not read must not end up in a file of theirs. Null: it does not exist.
    /// </summary>
    /// <exception cref="OperatorException">As for <see cref="BoundedFile"/>, or the user may not read it.</exception>
    public byte[]? TryRead(ReadLimit limit)
    {
        using var file = Syscall.TryOpenAt(Directory, Name, OpenFlags.Path | OpenFlags.NoFollow);
        if (file is null) return null;
        if (User == 0) return BoundedFile.Read(file, limit);
        BoundedFile.Check(file, limit);
        using var opened = OpenAsUser(Syscall.FStat(file));
        return BoundedFile.ReadOpened(opened, limit);
    }

    /// <summary>Opens it by its name in the directory: the path through /proc may be closed to the user.</summary>
    private FileHandle OpenAsUser(FileStatus expected)
    {
        const int NoGroup = 65534;
        FileHandle file;
        using (FileUser.Become(User, NoGroup))
        {
            var flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
            try { file = Syscall.OpenAt(Directory, Name, flags); }
            catch (SyscallException e) when (e.Errno == Errno.EACCES)
            {
                throw new OperatorException(
                    $"{Path} belongs to user {expected.Uid.ToString()}; user {User.ToString()}, who owns {userPath}, may not read it",
                    "remove it, or give it to user " + User.ToString());
            }
        }
        var found = Syscall.FStat(file);
        if ((found.Inode, found.Device) == (expected.Inode, expected.Device)) return file;
        file.Dispose();
        throw new OperatorException($"{Path} of user {User} was replaced while it was read",
            $"stop the program that changes {Directory.Path}");
    }

    /// <summary>As <see cref="TryRead"/>; ENOENT: it does not exist.</summary>
    public byte[] Read(ReadLimit limit) => TryRead(limit) ?? throw Missing();

    /// <summary>As <see cref="TryRead"/>, as text in UTF-8.</summary>
    public string? TryReadText(ReadLimit limit) => TryRead(limit) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>As <see cref="TryReadText"/>; ENOENT: it does not exist.</summary>
    public string ReadText(ReadLimit limit) => TryReadText(limit) ?? throw Missing();

    /// <summary>
    /// True: users other than root can create or replace files here. A file found there that has a second name may be any file of its file
    /// system.
    /// </summary>
    public bool IsSharedWithUsers => User != 0 || (Syscall.FStat(Directory).Mode & Octal.O022) != 0;

    public void Dispose() => Directory.Dispose();
}
