using KairosBoot.Linux;
using KairosBoot.Plan;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>
/// Unpacks a container export into a new directory. A hostile archive cannot write outside of it: no "..", no path through a
/// link, and hard links only to members. Owners, devices and attributes that the user may not set are returned as members, for the
/// file system of the image.
/// </summary>
public sealed class TarExtraction
{
    private const int AnyMode = Octal.O777, ReadableByAll = Octal.O666; // the umask applies

    private readonly TarArchive archive;
    private readonly ExtractionDirectory root;
    private readonly CancellationToken cancellationToken;
    private readonly ExtractedFiles files;
    private long rootTimeNs;

    private TarExtraction(TarArchive archive, ExtractionDirectory root, CancellationToken cancellationToken)
    {
        (this.archive, this.root, this.cancellationToken) = (archive, root, cancellationToken);
        files = new ExtractedFiles(root);
    }

    /// <param name="archive">A tar file or a pipe, plain or compressed by gzip, zstd, xz, bzip2 or lz4.</param>
    /// <param name="root">The directory to create.</param>
    /// <param name="cancellationToken">Ends the work at any time.</param>
    /// <exception cref="OperatorException">The archive is damaged, not a tar file, or has something that cannot be unpacked.</exception>
    public static SourceTree Extract(string archive, string root, CancellationToken cancellationToken = default)
    {
        Syscall.MkDir(root, AnyMode);
        using var directory = new ExtractionDirectory(root);
        TarArchive? reader = null;
        try
        {
            using var plain = ArchiveInput.Open(archive, spool: $"{root}.pipe", cancellationToken);
            reader = new TarArchive(plain);
            var extraction = new TarExtraction(reader, directory, cancellationToken);
            while (reader.Next() is { } member)
            {
                cancellationToken.ThrowIfCancellationRequested();
                extraction.Take(member);
            }

            return new SourceTree(root, extraction.Complete(), Disposable: true);
        }
        catch (Exception problem) when (problem is TarProblem or EndOfStreamException or ZstdException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explained(archive, reader, problem);
        }
    }

    private static OperatorException Explained(string archive, TarArchive? reader, Exception problem)
    {
        var offset = reader?.HeaderOffset ?? 0;
        if (problem is not TarProblem { Fix: { } fix } refusal)
        {
            var place = reader?.CurrentName is { } current ? $"byte {offset}, member '{ToolText.Show(current)}'" : $"byte {offset}";
            return new OperatorException($"{archive} is damaged or not a tar file: {place}: {problem.Message}",
                "export the container again: podman export CONTAINER > FILE");
        }

        var what = refusal.Member is { } earlier ? $"the member '{ToolText.Show(earlier)}'"
            : reader?.CurrentName is { } name ? $"the member '{ToolText.Show(name)}' at byte {offset}" : $"what precedes byte {offset}";
        return new OperatorException($"{archive}: {what} {refusal.Message}", fix);
    }

    private void Take(TarMember member)
    {
        var path = MemberPath.Parse(member.Name);
        if (TarTypes.IsHardLink(member.Type))
        {
            LinkTo(path, MemberPath.Parse(member.LinkName));
            return; // the file has the properties of the member that it links to
        }

        if (path.Length == 0)
        {
            if (member.Type != FileType.Directory) throw MemberPath.Refused("is the top directory, but not a directory");
            rootTimeNs = member.TimeNs;
            return;
        }

        if (member is { Type: FileType.CharacterDevice, Major: 0, Minor: 0 })
            throw MemberPath.Refused("is the whiteout of an overlay: this is a layer of a container and not its export");
        files.Clear(path, keepDirectory: member.Type == FileType.Directory);
        Create(member, path);
        files.Add(path, member);
    }

    private void Create(TarMember member, string path)
    {
        var (parent, name) = (files.Parent(path), PathParts.NameOf(path));
        switch (member.Type)
        {
            case FileType.Directory:
                if (Syscall.TryStatAt(parent, name) is null) Syscall.MkDirAt(parent, name, AnyMode);
                break;
            case FileType.Regular:
                using (var file = Syscall.OpenAt(parent, name,
                    OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, ReadableByAll))
                {
                    archive.Copy(member, (offset, piece) =>
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        Syscall.PWriteAll(file, piece, offset);
                    });
                    Syscall.SetSize(file, member.Content.Size);
                }

                break;
            case FileType.Symlink:
                if (member.LinkName.Length is 0 || MemberPath.Bytes(member.LinkName) > MemberPath.Max)
                    throw MemberPath.Refused($"is a link to nothing, or to a path of more than {MemberPath.Max} bytes");
                Syscall.SymlinkAt(member.LinkName, parent, name);
                break;
            default:
                // Only root can create a device. For an ordinary user, the image gets it.
                if (files.Privileged)
                {
                    Syscall.MkNodAt(parent, name, member.Type, member.Mode,
                        Syscall.DeviceNumber((uint)member.Major, (uint)member.Minor));
                }

                break;
        }
    }

    private void LinkTo(string path, string existing)
    {
        if (path.Length == 0) throw MemberPath.Refused("is the top directory, but not a directory");
        using var from = existing.Length == 0 ? null : files.TryOpenParent(existing);
        var status = from is null ? null : Syscall.TryStatAt(from, PathParts.NameOf(existing));
        if (status is null && files.IsMissingNode(existing))
            throw TarProblem.Refusal($"is a hard link to {ToolText.Show(existing)}, a node that only root can create", "run kboot as root");
        if (status is null || !files.Has(existing) || status is { Type: FileType.Directory })
        {
            throw MemberPath.Refused(
                $"is a hard link to {ToolText.Show(existing)}, which is a directory, or does not precede it in the archive");
        }

        if (path == existing) return;
        files.Clear(path, keepDirectory: false);
        Syscall.LinkAt(from!, PathParts.NameOf(existing), files.Parent(path), PathParts.NameOf(path));
        files.AddLink(path, existing);
    }

    private List<TreeMember> Complete()
    {
        var members = files.Complete(cancellationToken);
        Syscall.UTimes(root.Root, rootTimeNs);
        return members;
    }
}
