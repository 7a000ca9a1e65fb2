using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Where a file is or will be: its directory, open, and its name there. What a <see cref="PathWalker"/> returns; nothing here looks a path up again.
/// </summary>
public sealed class FilePlace : IDisposable
{
    private readonly string userPath;

    internal FilePlace(FileHandle directory, string name, FileStatus? found, int user, string userPath)
    {
        (Directory, Name, Found, User, this.userPath) = (directory, name, name == "." ? Syscall.FStat(directory) : found, user, userPath);
        Path = name == "." ? directory.Path : $"{(directory.Path == "/" ? "" : directory.Path)}/{name}";
    }

    public FileHandle Directory { get; }
    public string Name { get; }

    /// <summary>With all links followed, where it was found.</summary>
    public string Path { get; }

    /// <summary>Who can exchange what is at the place, other than root; 0: nobody.</summary>
    public int User { get; }

    /// <summary>Of what the walk has found there; null: nothing.</summary>
    public FileStatus? Found { get; }

    /// <summary>Of what is there, a link itself included; null: nothing is.</summary>
    public FileStatus? Status => Syscall.TryStatAt(Directory, Name);

    /// <summary>Opens what is there for its owner, its mode and <see cref="Syscall.Reopen"/>. Null: nothing is.</summary>
    /// <exception cref="OperatorException">It is a link, or it belongs to somebody else than the user who could have put it there.</exception>
    public FileHandle? TryOpen()
    {
        var file = Syscall.TryOpenAt(Directory, Name, OpenFlags.Path | OpenFlags.NoFollow);
        if (file is null) return null;
        try
        {
            var status = Syscall.FStat(file);
            if (status.Type == FileType.Symlink) throw new OperatorException($"{Path} is a link", "remove it, or name what it points to");
            if (User != 0 && status.Uid != User)
                throw new OperatorException($"{Path} belongs to user {status.Uid}, in {userPath} of user {User}", $"remove it, or give it to user {User}");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Creates a directory here. False: something exists already.</summary>
    /// <param name="directory">Mode and owner.</param>
    public bool MakeDirectory(NewDirectories directory)
    {
        if (Found is not null) return false;
        directory.Create(Directory, Syscall.FStat(Directory), Name).Dispose();
        return true;
    }

    /// <summary>
    /// All of the file, to write it again with changes. In a directory that a user shapes it is read as that user: what the user has linked there but
    /// may not read does not end up in a file of theirs. Null: nothing is there.
    /// </summary>
    /// <exception cref="OperatorException">As of <see cref="BoundedFile"/>, or the user may not read it.</exception>
    public byte[]? TryRead(ReadLimit limit)
    {
        using var file = Syscall.TryOpenAt(Directory, Name, OpenFlags.Path | OpenFlags.NoFollow);
        if (file is null) return null;
        if (User == 0) return BoundedFile.Read(file, limit);
        BoundedFile.Check(file, limit);
        using var opened = OpenAsUser(Syscall.FStat(file));
        return BoundedFile.ReadOpened(opened, limit);
    }

    /// <summary>By its name in the directory: the way through /proc may be closed to the user.</summary>
    private FileHandle OpenAsUser(FileStatus expected)
    {
        const int NoGroup = 65534;
        FileHandle file;
        using (FileUser.Become(User, NoGroup))
        {
            try { file = Syscall.OpenAt(Directory, Name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal); }
            catch (SyscallException e) when (e.Errno == Errno.EACCES)
            {
                throw new OperatorException(
                    $"{Path} belongs to user {expected.Uid}; user {User}, to whom {userPath} belongs, may not read it", $"remove it, or give it to user {User}");
            }
        }
        var found = Syscall.FStat(file);
        if ((found.Inode, found.Device) == (expected.Inode, expected.Device)) return file;
        file.Dispose();
        throw new OperatorException($"{Path} of user {User} was exchanged while it was read", $"stop the program that changes {Directory.Path}");
    }

    /// <summary>As <see cref="TryRead"/>, as text in UTF-8.</summary>
    public string? TryReadText(ReadLimit limit) => TryRead(limit) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>
    /// Whether others than root can put something there or exchange it. A file with a second name that was found there may be any file of its file system.
    /// </summary>
    public bool IsSharedWithUsers => User != 0 || (Syscall.FStat(Directory).Mode & Octal.O022) != 0;

    public void Dispose() => Directory.Dispose();
}
