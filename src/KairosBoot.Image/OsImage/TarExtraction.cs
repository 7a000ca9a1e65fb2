using System.Formats.Tar;
using System.IO.Compression;
using KairosBoot.Linux;
using KairosBoot.Plan;
using ZstdSharp;

namespace KairosBoot.Image;

/// <summary>
/// Unpacks a container export into a directory of our own. Nothing is written outside of it, whatever the archive says: no
/// "..", no path through a link, hard links only to members. Owners, devices and attributes that the user running
/// this may not set come back as members for the image's file system.
/// </summary>
public sealed class TarExtraction
{
    private const int PermissionBits = 0b111_111_111_111;

    private readonly string archive;
    private readonly string root;
    private readonly bool privileged = Syscall.GetEUid() == 0;
    private readonly Dictionary<string, (TreeMember Member, long MTimeNs)> members = [];
    private long rootTimeNs;

    private TarExtraction(string archive, string root)
    {
        this.archive = archive;
        this.root = root;
    }

    /// <param name="archive">A tar file, plain or compressed by gzip or zstd.</param>
    /// <param name="root">A directory to make.</param>
    /// <param name="interrupt">Ends it between two members.</param>
    /// <exception cref="OperatorException">Not a tar file, damaged, or with members that point outside.</exception>
    public static SourceTree Extract(string archive, string root, CancellationToken interrupt = default)
    {
        if (!File.Exists(archive))
        {
            throw new OperatorException($"{archive} is not a file", "give --tar a container export: podman export CONTAINER > FILE");
        }

        Directory.CreateDirectory(root);
        var extraction = new TarExtraction(archive, root);
        try
        {
            using var plain = new TarHeaderStream(OpenPlain(archive));
            using var reader = new TarReader(plain);
            while (reader.GetNextEntry() is { } entry)
            {
                interrupt.ThrowIfCancellationRequested();
                extraction.Take(entry, plain);
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or EndOfStreamException or FormatException or ZstdException)
        {
            throw new OperatorException($"{archive} is not a tar file, or damaged: {damage.Message}", "export the container again: podman export CONTAINER > FILE");
        }

        return new SourceTree(root, extraction.ApplyMetadata(), Disposable: true);
    }

    private static Stream OpenPlain(string archive)
    {
        var file = File.OpenRead(archive);
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
        if (entry.EntryType == TarEntryType.GlobalExtendedAttributes)
        {
            return;
        }

        if (entry.Checksum != headers.Checksum)
        {
            throw new InvalidDataException($"the header of '{entry.Name}' is not where it should be");
        }

        var path = Inside(entry.Name);
        if (path.Length == 0)
        {
            rootTimeNs = TimeNs(entry);
            return;
        }

        var target = Prepare(path, keepDirectory: entry.EntryType == TarEntryType.Directory);
        var type = Create(entry, path, target);
        if (entry.EntryType == TarEntryType.HardLink)
        {
            return; // the same file: what it is was said with the member it links to
        }

        members.Remove(path);
        var (major, minor) = entry is PosixTarEntry posix ? (posix.DeviceMajor, posix.DeviceMinor) : (0, 0);
        var mode = (int)entry.Mode & PermissionBits;
        var member = new TreeMember(path, type, mode, entry.Uid, entry.Gid, major, minor, headers.Records.ExtendedAttributes);
        members.Add(path, (member, TimeNs(entry)));
    }

    private FileType Create(TarEntry entry, string path, string target)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(target);
                return FileType.Directory;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                using (var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write))
                {
                    entry.DataStream?.CopyTo(file);
                }

                return FileType.Regular;
            case TarEntryType.SymbolicLink:
                Syscall.Symlink(entry.LinkName, target);
                return FileType.Symlink;
            case TarEntryType.HardLink:
                LinkTo(path, Inside(entry.LinkName), target);
                return FileType.Regular;
            case TarEntryType.CharacterDevice:
                return FileType.CharacterDevice;
            case TarEntryType.BlockDevice:
                return FileType.BlockDevice;
            case TarEntryType.Fifo:
                return FileType.Fifo;
            default:
                throw Hostile(path, $"is of a kind ({entry.EntryType}) that cannot be unpacked");
        }
    }

    private void LinkTo(string path, string existing, string target)
    {
        if (Syscall.TryLStat(Prepare(existing, keepDirectory: true, replace: false)) is not { Type: FileType.Regular or FileType.Symlink })
        {
            throw Hostile(path, $"is a hard link to {existing}, which is not in the archive before it");
        }

        Syscall.Link(Path.Combine(root, existing), target);
    }

    // The host's path of a member, with its parents made and nothing (or, for a directory, a directory) in its place.
    private string Prepare(string path, bool keepDirectory, bool replace = true)
    {
        for (var slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            PrepareParent(path, path[..slash]);
        }

        var host = Path.Combine(root, path);
        if (replace && Syscall.TryLStat(host) is { } there)
        {
            if (there.Type != FileType.Directory)
            {
                Syscall.Unlink(host);
            }
            else if (!keepDirectory)
            {
                throw Hostile(path, "is in the archive as a directory too");
            }
        }

        return host;
    }

    // A directory that the archive has no member for is root's and dated 1970: the same archive, the same tree.
    private void PrepareParent(string member, string parent)
    {
        var host = Path.Combine(root, parent);
        switch (Syscall.TryLStat(host))
        {
            case null:
                Directory.CreateDirectory(host);
                members.Add(parent, (new TreeMember(parent, FileType.Directory, 0b111_101_101, 0, 0, 0, 0, []), 0));
                break;
            case { Type: not FileType.Directory }:
                throw Hostile(member, $"would be written through {parent}, which is not a directory");
        }
    }

    private string Inside(string name)
    {
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToList();
        return parts.Contains("..") ? throw Hostile(name, "points outside of the archive") : string.Join('/', parts);
    }

    // Children before parents: a directory's time and mode are set when nothing is put into it any more.
    private List<TreeMember> ApplyMetadata()
    {
        foreach (var (member, time) in members.Values.OrderByDescending(row => row.Member.Path, StringComparer.Ordinal))
        {
            var host = Path.Combine(root, member.Path);
            if (privileged)
            {
                Own(member, host);
            }

            if (Syscall.TryLStat(host) is not null)
            {
                Syscall.LUTimes(host, time);
            }
        }

        Syscall.LUTimes(root, rootTimeNs);
        return members.Values.Select(row => row.Member)
            .Where(member => !privileged || member.ExtendedAttributes.Count > 0)
            .OrderBy(member => member.Path, StringComparer.Ordinal).ToList();
    }

    private static void Own(TreeMember member, string host)
    {
        if (member.IsDeviceOrFifo)
        {
            Syscall.MkNod(host, member.Type, member.Mode, Syscall.DeviceNumber((uint)member.DeviceMajor, (uint)member.DeviceMinor));
        }

        Syscall.LChOwn(host, member.Uid, member.Gid);
        if (member.Type != FileType.Symlink)
        {
            Syscall.ChMod(host, member.Mode);
        }
    }

    private static long TimeNs(TarEntry entry) => (entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private OperatorException Hostile(string member, string what) =>
        new($"{archive}: the member '{member}' {what}", "export the container again with podman export or docker export");
}
