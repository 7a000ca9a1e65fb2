using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Kernel arguments of an image: those that a Kairos image has in /etc/cos/bootargs.cfg, then those from <c>*.conf</c> in
/// /usr/lib/kairosboot/kargs.d of the tree: words separated by blanks or line ends, with comments after <c>#</c>. GRUB cannot list a
/// directory, so the build writes them to one file.
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
        if (OfKairos(root) is { Problem: null } kairos) words.AddRange(kairos.Words);
        foreach (var name in Names(root)) words.AddRange(Read(root, $"{SystemPaths.ImageArgumentFiles}/{name}"));

        if (words.Count == 0) yield break;
        if (new Kargs().With(null, [.. words]).Problem is { } problem)
            throw new OperatorException(problem, $"correct it in {SystemPaths.ImageArgumentFiles} of the tree");
        var block = scratch.File("kargs");
        HostFile.Write(block, new EnvironmentBlock([new(Variable, string.Join(' ', words))]).ToBytes(EnvironmentBlock.Bytes));
        yield return new TreeAddition.File(SystemPaths.ImageArguments.TrimStart('/'), block);
    }

    /// <summary>Arguments of Kairos that have no effect, unless the tree has files of kboot, which replace them.</summary>
    internal static IEnumerable<TreeFinding> Findings(string root)
    {
        if (UntrustedTree.Has(root, SystemPaths.ImageArguments) || Names(root).Any()) yield break;
        if (OfKairos(root) is { Problem: { } problem })
        {
            yield return new($"{SystemPaths.KairosArguments} has no effect with kboot's boot menu, which does not execute it: {problem}",
                $"write the kernel arguments of the image to ROOT{SystemPaths.ImageArgumentFiles}/kairos.conf", FindingKind.Warning);
        }
    }

    private static KairosArguments? OfKairos(string root) =>
        UntrustedTree.Has(root, SystemPaths.KairosArguments) && !UntrustedTree.HasDirectory(root, SystemPaths.KairosArguments)
            && UntrustedTree.TryRead(root, SystemPaths.KairosArguments, ReadLimit.KernelArguments) is { } script
            ? KairosArguments.Parse(Encoding.UTF8.GetString(script)) : null;

    private static IEnumerable<string> Names(string root) => UntrustedTree.Names(root, SystemPaths.ImageArgumentFiles)
        .Where(name => name.EndsWith(".conf", StringComparison.Ordinal));

    private static IEnumerable<string> Read(string root, string path)
    {
        if (UntrustedTree.HasDirectory(root, path)) return [];
        var content = UntrustedTree.TryRead(root, path, ReadLimit.KernelArguments)
            ?? throw new OperatorException($"{path} in the tree is a dangling link", "remove the link, or replace it by a file");
        return Encoding.UTF8.GetString(content).TrimStart('\uFEFF').Split('\n', '\r')
            .SelectMany(line => line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
