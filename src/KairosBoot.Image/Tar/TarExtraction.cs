using System.Formats.Tar;
using System.IO.Compression;
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
    private const int PermissionBits = Octal.O7777, AnyMode = Octal.O777, ReadableByAll = Octal.O666; // the umask applies to the last two
    private const int PieceSize = 1 << 17, MaxPath = 4095; // PATH_MAX, with the NUL

    private readonly string archive;
    private readonly ExtractionDirectory root;
    private readonly CancellationToken cancellationToken;
    private readonly bool privileged = Syscall.GetEUid() == 0;
    private readonly Dictionary<string, (TreeMember Member, long MTimeNs)> members = [];
    private long rootTimeNs;

    private TarExtraction(string archive, ExtractionDirectory root, CancellationToken cancellationToken) =>
        (this.archive, this.root, this.cancellationToken) = (archive, root, cancellationToken);

    /// <param name="archive">A tar file, plain or compressed by gzip or zstd.</param>
    /// <param name="root">The directory to create.</param>
    /// <param name="cancellationToken">Ends the work at any time.</param>
    /// <exception cref="OperatorException">The archive is damaged, not a tar file, or has members that point outside.</exception>
    public static SourceTree Extract(string archive, string root, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(root);
        using var directory = new ExtractionDirectory(root);
        var extraction = new TarExtraction(archive, directory, cancellationToken);
        try
        {
            using var plain = new TarHeaderStream(OpenPlain(archive));
            using var reader = new TarReader(plain);
            while (reader.GetNextEntry() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                extraction.Take(entry, plain);
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or EndOfStreamException or FormatException or ZstdException)
        {
            throw new OperatorException($"{archive} is damaged or not a tar file: {damage.Message}",
                "export the container again: podman export CONTAINER > FILE");
        }

        return new SourceTree(root, extraction.ApplyMetadata(), Disposable: true);
    }

    private static Stream OpenPlain(string archive)
    {
        using var found = Syscall.TryOpen(archive, OpenFlags.Path);
        if (found is null || Syscall.FStat(found).Type != FileType.Regular)
        {
            throw new OperatorException($"{archive} is not a regular file",
                "give --tar a container export: podman export CONTAINER > FILE");
        }

        // Through the descriptor: the file of that name may have been replaced by a FIFO.
        var file = File.OpenRead(Syscall.DescriptorPath(found));
        var magic = new byte[4];
        var length = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return magic.AsSpan(0, length) switch
        {
            [0x1F, 0x8B, ..] => new GZipStream(file, CompressionMode.Decompress),
            [0x28, 0xB5, 0x2F, 0xFD] => new DecompressionStream(file),
            _ => file,
        };
    }

    private void Take(TarEntry entry, TarHeaderStream headers)
    {
        if (entry.EntryType == TarEntryType.GlobalExtendedAttributes) return;
        if (entry.Checksum != headers.Checksum)
            throw new InvalidDataException($"the header of '{entry.Name}' is at an unexpected position");
        var path = Inside(entry.Name);
        if (path.Length == 0)
        {
            rootTimeNs = TimeNs(entry);
            return;
        }

        Clear(path, keepDirectory: entry.EntryType == TarEntryType.Directory);
        var type = Create(entry, path);
        members.Remove(path);
        if (entry.EntryType == TarEntryType.HardLink)
        {
            return; // the file has the properties of the member that it links to; an earlier member of this name is void
        }

        var (major, minor) = entry is PosixTarEntry posix ? (posix.DeviceMajor, posix.DeviceMinor) : (0, 0);
        var mode = (int)entry.Mode & PermissionBits;
        var member = new TreeMember(path, type, mode, entry.Uid, entry.Gid, major, minor, headers.Records.ExtendedAttributes);
        members.Add(path, (member, TimeNs(entry)));
    }

    private FileType Create(TarEntry entry, string path)
    {
        var name = PathParts.NameOf(path);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                if (Syscall.TryStatAt(Parent(path), name) is null)
                    Syscall.MkDirAt(Parent(path), name, AnyMode);
                return FileType.Directory;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                using (var file = Syscall.OpenAt(Parent(path), name,
                    OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, ReadableByAll))
                {
                    Copy(entry.DataStream, file);
                }

                return FileType.Regular;
            case TarEntryType.SymbolicLink:
                Syscall.SymlinkAt(entry.LinkName, Parent(path), name);
                return FileType.Symlink;
            case TarEntryType.HardLink:
                LinkTo(path, Inside(entry.LinkName));
                return FileType.Regular;
            case TarEntryType.CharacterDevice:
                return FileType.CharacterDevice;
            case TarEntryType.BlockDevice:
                return FileType.BlockDevice;
            case TarEntryType.Fifo:
                return FileType.Fifo;
            default:
                throw Hostile(path, $"has the type {entry.EntryType}, which cannot be unpacked");
        }
    }

    private void Copy(Stream? content, FileHandle file)
    {
        var piece = new byte[PieceSize];
        for (int read; content is not null && (read = content.Read(piece)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Syscall.WriteAll(file, piece.AsSpan(0, read));
        }
    }

    private void LinkTo(string path, string existing)
    {
        using var from = existing.Length == 0 ? null : TryOpenParent(existing);
        if (from is null || Syscall.TryStatAt(from, PathParts.NameOf(existing)) is not { Type: FileType.Regular or FileType.Symlink })
            throw Hostile(path, $"is a hard link to {existing}, which does not precede it in the archive");
        Syscall.LinkAt(from, PathParts.NameOf(existing), Parent(path), PathParts.NameOf(path));
    }

    // A separate handle, because the directory of another member is opened while this one is in use.
    private FileHandle? TryOpenParent(string existing)
    {
        try
        {
            return root.Parent(existing, created: null) is { } parent ? Syscall.OpenAt(parent, ".", OpenFlags.Path | OpenFlags.Directory)
                : null;
        }
        catch (NotADirectoryException)
        {
            throw Hostile(existing, "would be linked through a path that is not a directory");
        }
    }

    // After this, the member's name is free, or is a directory if the member is one.
    private void Clear(string path, bool keepDirectory)
    {
        var (parent, name) = (Parent(path), PathParts.NameOf(path));
        if (Syscall.TryStatAt(parent, name) is not { } there) return;
        if (there.Type != FileType.Directory)
            Syscall.UnlinkAt(parent, name);
        else if (!keepDirectory)
            throw Hostile(path, "is also in the archive as a directory");
    }

    // A directory without a member in the archive is owned by root and dated 1970, so that the same archive gives the same tree.
    private FileHandle Parent(string member)
    {
        try
        {
            return root.Parent(member, parent =>
            {
                // A device or FIFO is created only at the end.
                if (!members.TryAdd(parent, (new TreeMember(parent, FileType.Directory, Octal.O755, 0, 0, 0, 0, []), 0)))
                    throw new NotADirectoryException(parent);
            })!;
        }
        catch (NotADirectoryException failure)
        {
            throw Hostile(member, $"would be written through {failure.Path}, which is not a directory");
        }
    }

    private string Inside(string name)
    {
        var parts = PathParts.NamesOf(name).Where(part => part != ".").ToList();
        var path = parts.Contains("..") ? throw Hostile(name, "points outside the archive") : string.Join('/', parts);
        return FileName.Encode(path).AsSpan().TrimEnd((byte)0).Length <= MaxPath ? path
            : throw Hostile(name, $"has a path of more than {MaxPath} bytes");
    }

    // Children before parents: time and mode of a directory are set after its content is complete.
    private List<TreeMember> ApplyMetadata()
    {
        foreach (var (member, time) in members.Values.OrderByDescending(row => row.Member.Path, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (privileged && member.IsDeviceOrFifo)
            {
                Syscall.MkNodAt(Parent(member.Path), PathParts.NameOf(member.Path), member.Type, member.Mode,
                    Syscall.DeviceNumber((uint)member.DeviceMajor, (uint)member.DeviceMinor));
            }

            using var file = root.TryOpen(member.Path);
            if (file is null)
            {
                continue; // a device node, which only root can create
            }

            if (privileged) Own(member, file);
            Syscall.UTimes(file, time);
        }

        Syscall.UTimes(root.Root, rootTimeNs);
        return members.Values.Select(row => row.Member)
            .Where(member => !privileged || member.ExtendedAttributes.Count > 0)
            .OrderBy(member => member.Path, StringComparer.Ordinal).ToList();
    }

    // By descriptor, and only on the file that was created for the member, never on the target of a link.
    private static void Own(TreeMember member, FileHandle file)
    {
        if (Syscall.FStat(file).Type != member.Type)
            throw new InvalidOperationException($"{file.Path} is not the member that was unpacked there");
        Syscall.ChOwn(file, member.Uid, member.Gid);
        if (member.Type != FileType.Symlink) Syscall.ChMod(file, member.Mode);
    }

    private static long TimeNs(TarEntry entry) => (entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private OperatorException Hostile(string member, string what) =>
        new($"{archive}: the member '{ToolText.Show(member)}' {what}", "export the container again with podman export or docker export");
}
