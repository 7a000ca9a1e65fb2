using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Which compressed initrds a kernel of a tree unpacks, by its configuration.</summary>
internal sealed class KernelUnpacking
{
    private readonly KernelRelease release;
    private readonly string? config;
    private readonly string place;

    private KernelUnpacking(KernelRelease release, string? config, string place) =>
        (this.release, this.config, this.place) = (release, config, place);

    /// <summary>
    /// Reads the configuration that the distribution keeps next to the kernel or its modules, else the one in the kernel itself.
    /// </summary>
    /// <param name="root">The tree.</param>
    /// <param name="release">The kernel.</param>
    /// <param name="unpacksKernel">False: the kernel is not searched. Unpacking it needs more memory than a small node has.</param>
    internal static KernelUnpacking Of(string root, KernelRelease release, bool unpacksKernel)
    {
        foreach (var path in (string[])[$"/boot/config-{release}", $"/usr/lib/modules/{release}/config", $"/lib/modules/{release}/config"])
        {
            if (UntrustedTree.TryStat(root, path) is { Type: FileType.Regular }
                && UntrustedTree.TryRead(root, path, ReadLimit.KernelConfig) is { } file)
            {
                return new(release, Encoding.UTF8.GetString(file), path);
            }
        }

        if (!unpacksKernel) return new(release, null, "");
        foreach (var path in (string[])[$"/boot/vmlinuz-{release}", $"/usr/lib/modules/{release}/vmlinuz",
            $"/lib/modules/{release}/vmlinuz", BootKernel.Path])
        {
            if (RootedPath.Follow(root, path) is not { } kernel
                || UntrustedTree.TryStat(root, kernel) is not { Type: FileType.Regular }
                || UntrustedTree.TryRead(root, kernel, ReadLimit.Kernel) is not { } file)
            {
                continue;
            }

            // /boot/vmlinuz may be another kernel of the tree.
            if (path == BootKernel.Path && (KernelImage.Release(file) ?? BootKernel.NameRelease(kernel)) != release.Text) continue;
            if (EmbeddedConfig.Read(file) is { } text) return new(release, text, "the configuration in " + path);
        }

        return new(release, null, "");
    }

    /// <summary>The compression to take, and why.</summary>
    internal (InitrdCompression Compression, string Reason) Choose()
    {
        foreach (var compression in (InitrdCompression[])[InitrdCompression.Lz4, InitrdCompression.Zstd, InitrdCompression.Gzip])
            if (Unpacks(compression) == true) return (compression, $"{place} has {Option(compression)}=y");
        if (config is not null) return (InitrdCompression.None, $"{place} has no CONFIG_RD_ option for lz4, zstd or gzip");
        // Distributions enable all formats that their kernel has.
        return release.IsAtLeast(5, 9) ? (InitrdCompression.Zstd, $"the configuration of {release} was not found")
            : (InitrdCompression.Gzip, $"the configuration of {release} was not found, and kernels before 5.9 do not unpack zstd");
    }

    /// <summary>Why the kernel cannot unpack an initrd of this kind, as a sentence; null: it can, or nothing is known.</summary>
    internal string? Problem(InitrdCompression compression) => Unpacks(compression) == false
        ? $"the kernel {release} does not unpack {compression.Word()}: {place} has no {Option(compression)}=y" : null;

    private bool? Unpacks(InitrdCompression compression) => compression == InitrdCompression.None ? true
        : config is null ? null
        : config.Split('\n').Any(line => line.TrimEnd() == Option(compression) + "=y");

    private static string Option(InitrdCompression compression) => "CONFIG_RD_" + compression.Word().ToUpperInvariant();
}
