using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Kernel arguments of an image, from <c>*.conf</c> in /usr/lib/kairosboot/kargs.d of the tree: words separated by blanks or line ends,
/// with comments
/// after <c>#</c>. GRUB cannot list a directory, so the build writes them to one file.
/// </summary>
internal static class ImageArguments
{
    internal const string Variable = "image_kargs";

    /// <returns>The file; nothing if the tree has no arguments, or has the file already.</returns>
    /// <exception cref="OperatorException">GRUB would change a word, or an image may not set it.</exception>
    internal static IEnumerable<TreeAddition> Missing(string root, TemporaryDirectory scratch)
    {
        if (UntrustedTree.Has(root, SystemPaths.ImageArguments)) yield break;
        var words = new List<string>();
        foreach (var name in UntrustedTree.Names(root, SystemPaths.ImageArgumentFiles)
            .Where(name => name.EndsWith(".conf", StringComparison.Ordinal)))
        {
            words.AddRange(Read(root, $"{SystemPaths.ImageArgumentFiles}/{name}"));
        }

        if (words.Count == 0) yield break;
        if (new Kargs().With(null, [.. words]).Problem is { } problem)
            throw new OperatorException(problem, $"correct it in {SystemPaths.ImageArgumentFiles} of the tree");
        var block = scratch.File("kargs");
        File.WriteAllBytes(block, new EnvironmentBlock([new(Variable, string.Join(' ', words))]).ToBytes(EnvironmentBlock.Bytes));
        yield return new TreeAddition.File(SystemPaths.ImageArguments.TrimStart('/'), block);
    }

    private static IEnumerable<string> Read(string root, string path)
    {
        if (UntrustedTree.HasDirectory(root, path)) return [];
        var content = UntrustedTree.TryRead(root, path, ReadLimit.KernelArguments)
            ?? throw new OperatorException($"{path} in the tree is a dangling link", "remove the link, or replace it by a file");
        return Encoding.UTF8.GetString(content).TrimStart('\uFEFF').Split('\n', '\r')
            .SelectMany(line => line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
