using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Checks that a tree boots as an image. Each command that takes a tree or an image uses it, so that none accepts what another refuses.
/// </summary>
public static class TreeLint
{
    /// <param name="root">The tree.</param>
    /// <param name="kernel">Release of the kernel to boot; null: that of the boot loader, or the only one.</param>
    /// <exception cref="OperatorException">Not a directory.</exception>
    public static IReadOnlyList<TreeFinding> Check(string root, string? kernel = null)
    {
        var findings = Find(root, kernel, out var booted);
        if (!UntrustedTree.Has(root, BootInitrd.Path)) Attempt(findings, () => BootInitrd.CannotBeBuilt(root, kernel ?? booted));
        return findings;
    }

    private static List<TreeFinding> Find(string root, string? kernel, out string? release)
    {
        if (!Directory.Exists(root))
            throw new OperatorException($"{root} is not a directory", "give --root the top directory of an unpacked system");
        List<TreeFinding> findings = [.. TreeCheck.Problems(root).Select(Error), .. MountPoints(root)];
        BootKernel? booted = null;
        Attempt(findings, () => (booted = new BootKernel(root, kernel)).Findings);
        if (InitCheck.Problem(root, booted?.Machine) is { } init) findings.Add(init);
        findings.AddRange(ProgramArchitecture.Problems(root, booted?.Machine));
        Attempt(findings, () => BootInitrd.Findings(root, booted));
        Attempt(findings, () => ImageArguments.Findings(root));
        release = booted?.ReleaseWithModules(root);
        return findings;
    }

    /// <summary>Refuses a tree that cannot become an image.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="kernel">As for <see cref="Check"/>.</param>
    /// <returns>The warnings.</returns>
    /// <exception cref="OperatorException">The first error.</exception>
    internal static List<TreeFinding> RequireBuildable(string root, string? kernel)
    {
        var findings = Find(root, kernel, out _);
        Require(findings, finding => finding.Kind == FindingKind.Error);
        return findings.FindAll(finding => finding.Kind == FindingKind.Warning);
    }

    /// <summary>Refuses the tree of a finished image that does not boot. Nothing can be added to it.</summary>
    /// <param name="root">The mounted image.</param>
    /// <exception cref="OperatorException">The first error or missing file.</exception>
    internal static void RequireBootable(string root) =>
        Require(Find(root, kernel: null, out _), finding => finding.Kind != FindingKind.Warning);

    private static void Require(List<TreeFinding> findings, Func<TreeFinding, bool> isFatal)
    {
        if (findings.FirstOrDefault(isFatal) is { } finding) throw new OperatorException(finding.Problem, finding.Fix);
    }

    private static TreeFinding Error(OperatorException problem) => new(problem.Problem, problem.Fix, FindingKind.Error);

    private static void Attempt(List<TreeFinding> findings, Func<IEnumerable<TreeFinding>> check)
    {
        try
        {
            findings.AddRange(check());
        }
        catch (OperatorException problem)
        {
            findings.Add(Error(problem));
        }
    }

    private static IEnumerable<TreeFinding> MountPoints(string root)
    {
        foreach (var (path, _) in BootFiles.MountPoints)
        {
            if (UntrustedTree.TryStat(root, path, followLast: false) is null)
            {
                yield return new($"the tree has no directory /{path} to mount on",
                    $"run mkdir ROOT/{path}, or build the image with kboot image build", FindingKind.Missing);
            }
            else if (!UntrustedTree.HasDirectory(root, path))
            {
                yield return new($"/{path} is not a directory, so nothing can be mounted on it", $"replace ROOT/{path} by a directory",
                    FindingKind.Error);
            }
        }
    }
}
