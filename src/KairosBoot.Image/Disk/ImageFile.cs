using System.Globalization;
using System.Text.RegularExpressions;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>A file inside an image, read without mounting it.</summary>
/// <param name="Type">Regular, directory or link; FIFO for all other types.</param>
/// <param name="Size">Bytes.</param>
/// <param name="LinkTarget">Target of a link.</param>
internal sealed partial record ImageFile(FileType Type, long Size, string? LinkTarget)
{
    /// <param name="image">The image.</param>
    /// <param name="fileSystem"><c>ext4</c> or <c>squashfs</c>.</param>
    /// <param name="path">Without a leading slash, and without links before its last part.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Null if the image has no such file.</returns>
    internal static ImageFile? Find(string image, string fileSystem, string path, CancellationToken cancellationToken) =>
        fileSystem != "squashfs" ? FindInExt4(image, path, cancellationToken)
        : Tool.ReadSquashfs.IsInstalled || Syscall.GetEUid() != 0 ? FindInSquashfs(image, path, cancellationToken)
            : FindMounted(image, path);

    // Nodes rarely have the program, and the kernel can read the image.
    private static ImageFile? FindMounted(string image, string path)
    {
        using var mounted = MountedImage.Open(image, "squashfs");
        using var file = UntrustedTree.TryOpen(mounted.Path, path, followLast: false);
        if (file is null) return null;
        var status = Syscall.FStat(file);
        return new ImageFile(status.Type, status.Size, status.Type == FileType.Symlink ? Syscall.ReadLink(file) : null);
    }

    private static ImageFile? FindInExt4(string image, string path, CancellationToken cancellationToken)
    {
        var status = Ext4Status().Match(DebugFs("stat"));
        if (!status.Success) return null;
        var type = status.Groups["type"].Value switch
        {
            "regular" => FileType.Regular,
            "directory" => FileType.Directory,
            "symlink" => FileType.Symlink,
            _ => FileType.Fifo,
        };
        var target = (type, status.Groups["target"]) switch
        {
            (not FileType.Symlink, _) => null,
            (_, { Success: true } inInode) => inInode.Value,
            _ => DebugFs("cat"),
        };
        return new ImageFile(type, Number(status.Groups["size"]), target);

        string DebugFs(string command) => Tool.DebugFs.Run(
            new ToolArguments().Option("-R", DebugFsCommands.Request(command, path)).Path(image), cancellationToken,
            ("DEBUGFS_PAGER", "cat"), ("PAGER", "cat")).Output;
    }

    private static ImageFile? FindInSquashfs(string image, string path, CancellationToken cancellationToken)
    {
        // The output also lists the parent directories.
        var listing = Tool.ReadSquashfs.Run(new ToolArguments().Options("-lln", "-no-wildcards", "-d", "").Path(image).Path(path),
            cancellationToken).Output;
        var row = SquashfsRow().Matches(listing).FirstOrDefault(row => row.Groups["path"].Value == "/" + path);
        if (row is null) return null;
        var type = row.Groups["type"].Value switch
        {
            "-" => FileType.Regular,
            "d" => FileType.Directory,
            "l" => FileType.Symlink,
            _ => FileType.Fifo
        };
        return new ImageFile(type, Number(row.Groups["size"]), row.Groups["target"] is { Success: true } target ? target.Value : null);
    }

    private static long Number(Group digits) => long.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    // A target of 60 bytes or more is in a separate block and not shown.
    [GeneratedRegex("""Type: (?<type>\w+).*?Size: (?<size>\d+)(.*Fast link dest: "(?<target>[^\n]*)"\n)?""", RegexOptions.Singleline)]
    private static partial Regex Ext4Status();

    [GeneratedRegex(@"^(?<type>\S)\S{9} \d+/\d+ +(\d+, *)?(?<size>\d+) \S+ \S+ (?<path>.*?)( -> (?<target>.*))?$", RegexOptions.Multiline)]
    private static partial Regex SquashfsRow();
}
