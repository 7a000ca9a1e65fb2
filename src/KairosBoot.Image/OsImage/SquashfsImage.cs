using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>A squashfs image. gzip, as GRUB 2.06 reads gzip, lzo and xz but not zstd, and xz makes every page fault slow.</summary>
internal static class SquashfsImage
{
    internal static void Build(string file, SourceTree tree, IReadOnlyList<TreeAddition> additions, TemporaryDirectory scratch)
    {
        TreeAttributes.Apply(tree);
        var pseudo = new StringBuilder();
        foreach (var addition in additions)
        {
            pseudo.Append(addition switch
            {
                TreeAddition.Directory directory => $"{Quote(directory.Path)} d {Octal(directory.Mode)} 0 0\n",
                TreeAddition.Link link => $"{Quote(link.Path)} s 777 0 0 {link.Target}\n",
                TreeAddition.File added => $"{Quote(added.Path)} f {Octal(added.Mode)} 0 0 cat '{added.Source.Replace("'", "'\\''")}'\n",
                _ => throw new InvalidOperationException(addition.ToString()),
            });
        }

        foreach (var member in tree.Members.Where(member => !member.IsDeviceOrFifo || tree.Lacks(member)))
        {
            var owner = $"{Octal(member.Mode)} {member.Uid} {member.Gid}";
            var kind = member.Type switch
            {
                FileType.BlockDevice => $"b {owner} {member.DeviceMajor} {member.DeviceMinor}",
                FileType.CharacterDevice => $"c {owner} {member.DeviceMajor} {member.DeviceMinor}",
                FileType.Fifo => $"i {owner} f",
                _ => $"m {owner}",
            };
            pseudo.Append($"{Quote(member.Path)} {kind}\n");
        }

        var definitions = scratch.File("pseudo");
        File.WriteAllText(definitions, pseudo.ToString());

        // The newest time in the tree: no file's own time is clamped by it, and what is added here gets it.
        string[] top = tree.Disposable ? ["-root-uid", "0", "-root-gid", "0", "-root-mode", "755"] : [];
        var time = TreeSummary.Of(tree).NewestSeconds.ToString();
        Tool.MakeSquashfs.Run(
            [tree.Path, file, "-noappend", "-comp", "gzip", "-Xcompression-level", "6", "-b", "131072", "-quiet", "-no-progress", "-pf", definitions, .. top],
            scratch.Interrupt, ("SOURCE_DATE_EPOCH", time));
    }

    private static string Octal(int mode) => Convert.ToString(mode, 8);

    private static string Quote(string path) => $"\"{path.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
