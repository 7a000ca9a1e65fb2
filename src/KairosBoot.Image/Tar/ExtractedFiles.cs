using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The files unpacked so far, by path: a later member of the same name replaces an earlier one.</summary>
internal sealed class ExtractedFiles(ExtractionDirectory root)
{
    /// <summary>A file. Several paths share one if they are hard links.</summary>
    private sealed record Inode(TarMember Member);

    private readonly Dictionary<string, Inode> inodes = [];

    /// <summary>Whether owners, modes and devices are set on the unpacked files.</summary>
    internal bool Privileged { get; } = Syscall.GetEUid() == 0;

    internal bool Has(string path) => inodes.ContainsKey(path);

    /// <summary>Whether it is a device or FIFO that was not created here, because the user is not root.</summary>
    internal bool IsMissingNode(string path) => !Privileged && inodes.TryGetValue(path, out var inode)
        && inode.Member.Type is (FileType.CharacterDevice or FileType.BlockDevice or FileType.Fifo);

    /// <summary>Records a file that was created, and sets its properties. Those of a directory are set at the end.</summary>
    internal void Add(string path, TarMember member)
    {
        inodes[path] = new Inode(member);
        if (member.Type != FileType.Directory) SetProperties(path, member);
    }

    internal void AddLink(string path, string existing) => inodes[path] = inodes[existing];

    /// <summary>After this, the name is free, or is a directory if the member is one.</summary>
    /// <exception cref="TarProblem">Another type would replace a directory that has files.</exception>
    internal void Clear(string path, bool keepDirectory)
    {
        var (parent, name) = (Parent(path), PathParts.NameOf(path));
        var found = Syscall.TryStatAt(parent, name);
        if (found is { Type: FileType.Directory })
        {
            if (keepDirectory) return;
            if (inodes.Keys.Any(key => key.StartsWith($"{path}/", StringComparison.Ordinal)))
                throw MemberPath.Refused("is also in the archive as a directory with files");
            Syscall.RmDirAt(parent, name);
        }
        else if (found is not null)
        {
            Syscall.UnlinkAt(parent, name);
        }

        inodes.Remove(path);
    }

    /// <summary>Opens the directory of a member, and creates missing ones. The descriptor is valid until the next call.</summary>
    internal FileHandle Parent(string member)
    {
        try
        {
            // A directory without a member is owned by root and dated 1970, so that the same archive gives the same tree.
            return root.Parent(member, parent =>
            {
                // A device that only the image gets.
                if (!inodes.TryAdd(parent, new Inode(Implied(parent)))) throw new NotADirectoryException(parent);
            })!;
        }
        catch (NotADirectoryException failure)
        {
            throw MemberPath.Refused($"would be written through {ToolText.Show(failure.Path)}, which is not a directory");
        }
    }

    /// <summary>As <see cref="Parent"/>, as a handle of the caller's. Null: it is missing.</summary>
    internal FileHandle? TryOpenParent(string existing)
    {
        try
        {
            return root.Parent(existing, created: null) is { } parent ? Syscall.OpenAt(parent, ".", OpenFlags.Path | OpenFlags.Directory)
                : null;
        }
        catch (NotADirectoryException)
        {
            throw MemberPath.Refused($"is a hard link to {ToolText.Show(existing)}, through a path that is not a directory");
        }
    }

    /// <summary>Sets the properties of the directories.</summary>
    /// <returns>What the unpacked files lack, one row for each file.</returns>
    internal List<TreeMember> Complete(CancellationToken cancellationToken)
    {
        // Children before parents: the content of a directory is complete when its time and mode are set.
        foreach (var (path, inode) in inodes.OrderByDescending(row => row.Key, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (inode.Member.Type == FileType.Directory) SetProperties(path, inode.Member);
        }

        var names = new AccountNames(root.Root.Path);
        return inodes.Where(row => !Privileged || !row.Value.Member.ExtendedAttributes.IsEmpty)
            .OrderBy(row => row.Key, StringComparer.Ordinal)
            .DistinctBy(row => row.Value, ReferenceEqualityComparer.Instance)
            .Select(row => Missing(row.Key, row.Value.Member, names)).ToList();
    }

    // By descriptor, and only on the file that was created for the member, never on the target of a link.
    private void SetProperties(string path, TarMember member)
    {
        using var file = root.TryOpen(path);
        if (file is null) return; // a device, which only root can create
        if (Syscall.FStat(file).Type != member.Type)
            throw new InvalidOperationException($"{file.Path} is not the member that was unpacked there");
        if (Privileged)
        {
            Syscall.ChOwn(file, (int)member.Uid, (int)member.Gid);
            if (member.Type != FileType.Symlink) Syscall.ChMod(file, member.Mode);
        }

        Syscall.UTimes(file, member.TimeNs);
    }

    private static TarMember Implied(string path) => new()
    {
        Name = path,
        Type = FileType.Directory,
        LinkName = "",
        Mode = Octal.O755,
        Uid = 0,
        Gid = 0,
        TimeNs = 0,
    };

    private static TreeMember Missing(string path, TarMember member, AccountNames names)
    {
        try
        {
            return new TreeMember(path, member.Type, member.Mode, member.Uid, member.Gid, member.Major, member.Minor,
                member.ExtendedAttributes.Resolve(names));
        }
        catch (TarProblem problem)
        {
            throw new TarProblem(problem.Message, problem.Fix) { Member = path };
        }
    }
}
