using System.Text;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Reads what an archive for support has, and replaces the secrets in it.</summary>
/// <param name="files">Where the machine's files are.</param>
/// <param name="generated">Texts that kboot writes for the archive, by their names in it.</param>
internal sealed class BundleContent(MachineFiles files, IReadOnlyDictionary<string, string> generated)
{
    private const int MaxConfigs = 200, KiB = 1024;

    private readonly List<string> notes = [];

    /// <summary>Files that exist but are not in the archive, and the reason, one sentence each.</summary>
    internal IReadOnlyList<string> Notes => notes;

    /// <summary>Names in the archive and contents, without secrets.</summary>
    internal List<(string Name, byte[] Content)> Read()
    {
        var originals = BundleFile.All.SelectMany(Originals).ToList();
        var filter = new SecretFilter();
        // The first time to learn the secrets: a stage may have printed what a later file says is one.
        foreach (var original in originals) Filtered(filter, original);
        return [.. originals.Select(original => (original.Name, Encoding.UTF8.GetBytes(Filtered(filter, original))))];
    }

    private static string Filtered(SecretFilter filter, Original original) => original.Format switch
    {
        BundleFormat.Json => filter.Json(Encoding.UTF8.GetString(original.Content)),
        BundleFormat.Configs => filter.Config(original.Content),
        _ => filter.Text(Encoding.UTF8.GetString(original.Content)),
    };

    private sealed record Original(string Name, BundleFormat Format, byte[] Content);

    private IEnumerable<Original> Originals(BundleFile file)
    {
        if (file.Format == BundleFormat.Configs) return Configs(file);
        try { return Content(file) is { Length: > 0 } content ? [new(file.Name, file.Format, content)] : []; }
        catch (Exception e) when (e is SyscallException or OperatorException)
        {
            notes.Add($"{file.Name}: {e.Message}");
            return [];
        }
    }

    private byte[]? Content(BundleFile file)
    {
        if (file.Place == BundlePlace.Generated)
            return generated.TryGetValue(file.Name, out var text) ? Encoding.UTF8.GetBytes(text) : null;
        if (Find(file) is not var (root, path)) return null;
        // The counters are written again, because another program may have added variables to the block.
        if (file.Path == SystemPaths.BootState)
            return BootStateFile.Read(root + path) is { Usable: true } block ? BootBlock.Write(block.Counters) : null;
        // The size of a file that the kernel generates is not known.
        return path.StartsWith("/proc/", StringComparison.Ordinal) ? BoundedFile.TryReadGenerated(path, ReadLimit.SystemFile)
            : End(root, path, file);
    }

    // The root is where a walk must stay: links on a foreign disk may lead anywhere. Empty: this machine.
    private (string Root, string Path)? Find(BundleFile file) => file.Place switch
    {
        BundlePlace.State => files.State is { } state ? Split(state, file.Path) : null,
        BundlePlace.Oem => files.Oem is { } oem ? Split(oem, file.Path) : null,
        _ when files.IsThisMachine => ("", file.Path),
        // An archive that was unpacked.
        _ when file.Path == SystemPaths.Report && files.Report is not null => (files.Root, "/" + file.Name),
        _ when file.Path == SystemPaths.Log && files.Log is not null => (files.Root, "/" + file.Name),
        _ => null,
    };

    private (string, string) Split(string place, string path) => files.IsThisMachine ? ("", place + path) : (place, path);

    private static FileHandle? TryOpen(string root, string path) =>
        root.Length == 0 ? Syscall.TryOpen(path, OpenFlags.Path) : UntrustedTree.TryOpen(root, path);

    // From a line's start: the rest of a line would not show that a secret is in it.
    private byte[]? End(string root, string path, BundleFile file)
    {
        using var found = TryOpen(root, path);
        if (found is null) return null;
        using var opened = BoundedFile.Open(found, ReadLimit.Image);
        var size = Syscall.FStat(opened).Size;
        var buffer = new byte[Math.Min(size, file.MaxKiB * (long)KiB)];
        var read = Syscall.PRead(opened, buffer, size - buffer.Length);
        if (buffer.Length == size) return buffer[..read];
        if (file.Format == BundleFormat.Json) throw new OperatorException($"{path} has {size} bytes", "make it smaller");
        notes.Add($"{file.Name}: only the last {file.MaxKiB} KiB of {size} bytes");
        var line = buffer.AsSpan(0, read).IndexOf((byte)'\n') + 1;
        return buffer[line..read];
    }

    private IEnumerable<Original> Configs(BundleFile file)
    {
        if (Find(file) is not var (root, directory)) yield break;
        var number = 0;
        foreach (var path in SecretFilter.ConfigsIn(root + directory, (place, reason) => notes.Add($"{place}: {reason}")))
        {
            if (++number > MaxConfigs)
            {
                notes.Add($"{file.Name}: more than {MaxConfigs} configs; the others are left out");
                yield break;
            }

            var (content, problem) = ReadConfig(root, path[root.Length..], file.MaxKiB * (long)KiB);
            if (problem is not null) notes.Add($"{path}: {problem}");
            if (content is not null) yield return new($"{file.Name}/{number:00}-{SafeName(path)}", file.Format, content);
        }
    }

    private static (byte[]? Content, string? Problem) ReadConfig(string root, string path, long limit)
    {
        try
        {
            using var file = TryOpen(root, path);
            return (file is null ? null : BoundedFile.Read(file, ReadLimit.Config with { Bytes = limit }), null);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return (null, e.Message); }
    }

    /// <summary>The name of a file for an archive that is unpacked on another machine.</summary>
    private static string SafeName(string path)
    {
        const int MaxName = 60;
        var name = new string([.. PathParts.NameOf(path).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')]);
        return name.Length <= MaxName ? name : name[^MaxName..];
    }
}
