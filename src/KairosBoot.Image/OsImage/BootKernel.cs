using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The kernel of a tree, at the path that GRUB reads.</summary>
internal sealed class BootKernel
{
    internal const string Path = "/boot/vmlinuz", Reinstall = "install the kernel package in the tree again";

    private readonly List<TreeFinding> findings = [];

    /// <param name="root">The tree.</param>
    /// <param name="release">The kernel to take if nothing is at the path; null: the tree has only one.</param>
    /// <exception cref="OperatorException">The tree has no kernel.</exception>
    internal BootKernel(string root, string? release)
    {
        var path = Path;
        if (UntrustedTree.TryStat(root, Path, followLast: false) is null)
        {
            var target = BootFiles.KernelLink(root, KernelTree.Find(root, release).Release);
            findings.Add(new($"the tree has no {Path} for the boot loader",
                $"run ln -s {target} ROOT{Path}, or build the image with kboot image build", FindingKind.Missing));
            path = "/boot/" + target;
        }

        Read(root, path);
    }

    internal IReadOnlyList<TreeFinding> Findings => findings;

    /// <summary>Its release, by its header, else by its name; null: neither says.</summary>
    internal string? Release { get; private set; }

    /// <summary>Its architecture; null: the file does not say.</summary>
    internal string? Machine { get; private set; }

    /// <summary>Its release, if the tree has modules for it.</summary>
    internal string? ReleaseWithModules(string root) =>
        Release is not null && (UntrustedTree.HasDirectory(root, $"/usr/lib/modules/{Release}")
            || UntrustedTree.HasDirectory(root, $"/lib/modules/{Release}")) ? Release : null;

    private void Read(string root, string path)
    {
        var resolved = RootedPath.Follow(root, path);
        if (resolved is null || UntrustedTree.TryStat(root, resolved) is not { } status)
        {
            findings.Add(new($"{path} is a link to a file that does not exist", $"make ROOT{Path} a link to the kernel",
                FindingKind.Error));
            return;
        }

        if (path != Path) path = "/" + resolved;
        if (status.Type != FileType.Regular)
        {
            findings.Add(new($"{path} is not a regular file", $"make ROOT{Path} a link to the kernel", FindingKind.Error));
            return;
        }

        var head = UntrustedTree.Head(root, resolved, KernelImage.HeadBytes);
        if (KernelImage.Defect(head, status.Size) is { } defect)
        {
            findings.Add(new($"{path} {defect}", Reinstall, FindingKind.Error));
            return;
        }

        Machine = Architecture.MachineOfKernel(head);
        string? inHeader = KernelImage.Release(head), inName = NameRelease(resolved);
        Release = inHeader ?? inName;
        if (inHeader is not null && inName is not null && inHeader != inName)
        {
            findings.Add(new($"{path} leads to /{ToolText.Show(resolved)}, but the kernel in it is {inHeader}",
                $"rename the file, or make ROOT{Path} a link to the kernel that is meant", FindingKind.Warning));
        }
    }

    // boot/vmlinuz-RELEASE, or usr/lib/modules/RELEASE/vmlinuz
    internal static string? NameRelease(string path)
    {
        const string Prefix = "vmlinuz-";
        var names = PathParts.NamesOf(path).ToList();
        return names switch
        {
            [.., var name] when name.StartsWith(Prefix, StringComparison.Ordinal) => name[Prefix.Length..],
            [.., "modules", var release, "vmlinuz"] => release,
            _ => null,
        };
    }
}
