using System.IO.Compression;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>One archive for support: the files of <see cref="BundleFile.All"/> without their secrets.</summary>
public static class SupportBundle
{
    private const string Top = "kboot-report/", Contents = "CONTENTS";
    private const int OwnerOnly = Octal.O600;

    /// <summary>Writes the archive. It is complete, or it does not exist.</summary>
    /// <param name="files">Where the machine's files are.</param>
    /// <param name="path">The archive; nothing may be there.</param>
    /// <param name="generated">Texts that kboot writes for it, by their names in it.</param>
    /// <exception cref="OperatorException">Something is at the path.</exception>
    /// <exception cref="SyscallException">The archive cannot be written.</exception>
    public static void Write(MachineFiles files, string path, IReadOnlyDictionary<string, string> generated)
    {
        using var place = new PathWalker().Place(Path.GetFullPath(path), followLast: false);
        using var file = Create(place);
        try
        {
            var texts = new Dictionary<string, string>(generated);
            if (files.IsThisMachine && Dmesg() is { } dmesg) texts["dmesg"] = dmesg;
            Syscall.WriteAll(file, Pack(new BundleContent(files, texts)));
            Syscall.FSync(file);
        }
        catch
        {
            Syscall.UnlinkAt(place.Directory, place.Name);
            throw;
        }
    }

    // A user who can put a link there must not choose what root overwrites, and only the owner may read the archive.
    private static FileHandle Create(FilePlace place)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
        try { return Syscall.OpenAt(place.Directory, place.Name, flags, OwnerOnly); }
        catch (SyscallException e) when (e.Errno is Errno.EEXIST or Errno.ELOOP)
        {
            throw new OperatorException($"{place.Path} already exists", "remove it, or choose another name");
        }
    }

    private static byte[] Pack(BundleContent content)
    {
        var all = content.Read();
        var list = new StringBuilder();
        foreach (var (name, bytes) in all) list.Append($"{name} {bytes.Length}\n");
        foreach (var note in content.Notes) list.Append($"left out: {note}\n");
        using var archive = new MemoryStream();
        using (var gzip = new GZipStream(archive, CompressionLevel.Optimal, leaveOpen: true))
        {
            foreach (var (name, bytes) in all.Prepend((Contents, Encoding.UTF8.GetBytes(list.ToString()))))
                TarText.Write(gzip, Top + name, bytes, Syscall.UnixTimeSeconds());
            TarText.End(gzip);
        }

        return archive.ToArray();
    }

    /// <summary>Null: this user may not read the kernel's log.</summary>
    private static string? Dmesg()
    {
        const int MaxCharacters = 256 * 1024;
        try
        {
            var text = new StringBuilder();
            // The record: level, number, microseconds, flags; then the text, and further lines that name a device.
            foreach (var record in KernelLog.ReadAll())
            {
                if (record.IndexOf(';') is not (> 0 and var at) || record[..at].Split(',') is not [_, _, var time, ..]) continue;
                text.Append($"[{long.Parse(time) / 1_000_000.0,12:F6}] {record[(at + 1)..].Split('\n')[0]}\n");
            }

            var all = text.ToString();
            return all.Length <= MaxCharacters ? all : all[(all.IndexOf('\n', all.Length - MaxCharacters) + 1)..];
        }
        catch (SyscallException) { return null; }
    }
}
