using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Reads an ext4 or squashfs image by debugfs or unsquashfs, which need neither root nor a loop device.</summary>
internal sealed class ToolImageReader(string image, string fileSystem, TemporaryDirectory scratch) : ImageReader
{
    private int copies;

    /// <summary>The command that copies a file out of an image, for a shell.</summary>
    /// <param name="image">The image.</param>
    /// <param name="fileSystem">Its file system.</param>
    /// <param name="path">The file, without a leading slash and without links.</param>
    /// <param name="target">The copy.</param>
    internal static string CopyCommand(string image, string fileSystem, string path, string target)
    {
        string Quoted(string word) => ShellText.Quote(word.StartsWith('-') ? "./" + word : word);
        return fileSystem switch
        {
            "ext4" => $"debugfs -R {ShellText.Quote(DebugFsCommands.Dump(path, target))} {Quoted(image)}",
            "squashfs" => $"unsquashfs -cat {Quoted(image)} {Quoted(path)} > {Quoted(target)}",
            _ => $"dump.erofs --cat --path={ShellText.Quote("/" + path)} {Quoted(image)} > {Quoted(target)}",
        };
    }

    protected override (bool Found, string? Target)? Look(string path) =>
        ImageFile.Find(image, fileSystem, path, scratch.Interrupt) is { } file ? (true, file.LinkTarget) : null;

    protected override byte[]? ReadResolved(string path, ReadLimit limit)
    {
        if (ImageFile.Find(image, fileSystem, path, scratch.Interrupt) is not { Type: FileType.Regular } file) return null;
        if (file.Size > limit.Bytes)
        {
            throw new OperatorException($"/{path} of {image} has {file.Size} bytes; {limit.What} has at most {limit.Bytes}",
                "correct the image");
        }

        var copy = scratch.File($"copy{++copies}");
        if (fileSystem == "ext4")
        {
            Tool.DebugFs.Run(new ToolArguments().Option("-R", DebugFsCommands.Dump(path, copy)).Path(image), scratch.Interrupt,
                ("DEBUGFS_PAGER", "cat"), ("PAGER", "cat"));
        }
        else
        {
            Tool.ReadSquashfs.Run(new ToolArguments().Options("-quiet", "-no-progress", "-no-xattrs", "-no-wildcards").Option("-d", copy)
                .Path(image).Path(path), scratch.Interrupt);
            copy += "/" + path;
        }

        // Both programs exit with 0 after some errors.
        return BoundedFile.TryRead(copy, limit) is { } content && content.Length == file.Size ? content
            : throw new OperatorException($"/{path} of {image} cannot be read", "copy the image again");
    }
}
