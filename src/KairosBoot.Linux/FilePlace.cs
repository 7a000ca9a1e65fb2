using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>
/// Where a file is or will be: its directory, open, and its name there. What a <see cref="PathWalker"/> returns; nothing here looks a path up again.
/// </summary>
public sealed class FilePlace : IDisposable
{
    private readonly string userPath;

    internal FilePlace(FileHandle directory, string name, int user, string userPath)
    {
        (Directory, Name, User, this.userPath) = (directory, name, user, userPath);
        Path = name == "." ? directory.Path : $"{(directory.Path == "/" ? "" : directory.Path)}/{name}";
    }

    public FileHandle Directory { get; }
    public string Name { get; }

    /// <summary>With all links followed, where it was found.</summary>
    public string Path { get; }

    /// <summary>Who can exchange what is at the place, other than root; 0: nobody.</summary>
    public int User { get; }

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

    public void Dispose() => Directory.Dispose();
}
