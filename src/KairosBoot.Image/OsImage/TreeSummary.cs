using System.Buffers.Binary;
using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>
/// Totals of a tree, from which the parameters of a file system are computed. They do not depend on the path of the tree.
/// </summary>
/// <param name="Inodes">Number of files of all types; hard links count once.</param>
/// <param name="Blocks">Number of 4 KiB blocks for content and directories.</param>
/// <param name="NewestSeconds">The latest change of a file, in seconds since 1970.</param>
/// <param name="Id">A hash of names, sizes and times.</param>
public sealed record TreeSummary(long Inodes, long Blocks, long NewestSeconds, Guid Id)
{
    private const int BlockSize = 4096, DirectoryEntryOverhead = 12;

    // FNV-1a of 128 bits (draft-eastlake-fnv). The library's SHA needs libssl, which a static program lacks.
    private static readonly UInt128 FnvOffset = new(0x6C62272E07BB0142, 0x62B821756295C58D),
    FnvPrime = new(0x0000000001000000, 0x000000000000013B);

    /// <summary>Path of the first file with a POSIX ACL; null: none has one.</summary>
    internal static string? FindAcl(string root) =>
        Walk(root, "").Where(row => row.Status.Type is FileType.Regular or FileType.Directory).Select(row => row.Path)
            .FirstOrDefault(path => ExtendedAttributes.HasAcl(Path.Combine(root, path)));

    /// <param name="tree">The tree.</param>
    /// <param name="visit">Gets path and status of each file, so that one walk is enough for all who need them; null: no one does.</param>
    internal static TreeSummary Of(SourceTree tree, Action<string, FileStatus>? visit = null)
    {
        var hash = FnvOffset;
        var linked = new HashSet<(ulong, ulong)>();
        long inodes = 0, blocks = 0, newest = 0;
        foreach (var (path, status, nameBytes) in Walk(tree.Path, ""))
        {
            visit?.Invoke(path, status);
            var size = status.Type == FileType.Directory ? nameBytes : status.Size;
            var seconds = TreeTimes.Seconds(status.MTimeNs);
            if (status.Type is FileType.Regular or FileType.Directory or FileType.Symlink)
                hash = Add(hash, $"{path}\0{status.Type} {(status.Type == FileType.Regular ? size : 0)} {seconds}\n");
            newest = Math.Max(newest, seconds);
            if (status.Links == 1 || status.Type == FileType.Directory || linked.Add((status.Device, status.Inode)))
            {
                inodes++;
                blocks += (size + BlockSize - 1) / BlockSize;
            }
        }

        // Device nodes that an ordinary user cannot unpack are created in the image.
        inodes += tree.Members.Count(tree.Lacks);
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(id, hash);
        return new TreeSummary(inodes, blocks, newest, new Guid(id, bigEndian: true));
    }

    private static UInt128 Add(UInt128 hash, string text)
    {
        foreach (var octet in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ octet) * FnvPrime;
        return hash;
    }

    /// <summary>All files, children before their directory, in the order of their names.</summary>
    internal static IEnumerable<(string Path, FileStatus Status, long NameBytes)> Walk(string root, string directory)
    {
        var (own, files) = Directory(Path.Combine(root, directory));
        long nameBytes = BlockSize;
        foreach (var (name, status) in files)
        {
            var path = directory.Length == 0 ? name : $"{directory}/{name}";
            nameBytes += name.Length + DirectoryEntryOverhead;
            if (status.Type == FileType.Directory)
            {
                foreach (var below in Walk(root, path))
                    yield return below;
            }
            else
            {
                yield return (path, status, 0);
            }
        }

        yield return (directory, own, nameBytes);
    }

    // By descriptor: with a path for each file, the kernel would look up all directories above it. The descriptor is closed before the walk
    // goes deeper, because a process may have only some of them.
    private static (FileStatus Own, List<(string Name, FileStatus Status)> Files) Directory(string path)
    {
        using var directory = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return (Syscall.FStat(directory), Syscall.ReadDirectory(directory).ConvertAll(name => (name, Syscall.StatAt(directory, name))));
    }
}
