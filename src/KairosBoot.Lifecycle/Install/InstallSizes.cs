using KairosBoot.CloudConfig.Booted;
using KairosBoot.Image;

namespace KairosBoot.Lifecycle;

/// <summary>The partition sizes of an installation: options first, then the section <c>install:</c> of the cloud-configs.</summary>
public static class InstallSizes
{
    private const long MiB = 1 << 20;

    /// <param name="options">Sizes from the command line; null where none was given.</param>
    /// <param name="section">Of the cloud-configs. As in Kairos, a size there that is too small is raised to the minimum.</param>
    /// <param name="request">The images, which determine the minimum sizes.</param>
    /// <param name="warn">Gets a line for each size that is raised.</param>
    public static DiskSizes Combine(DiskSizes options, InstallSection section, DiskRequest request, Action<string> warn)
    {
        long? SizeOf(string name, long? option, Func<long> findMinBytes)
        {
            if (option is not null || !section.Sizes.TryGetValue(name, out var wanted)) return option;
            var minBytes = findMinBytes();
            if (wanted * MiB < minBytes)
                warn($"install.partitions.{name}.size: {wanted} MiB is too small; using {minBytes / MiB} MiB");
            return Math.Max(wanted * MiB, minBytes);
        }

        return new DiskSizes(
            SizeOf("oem", options.Oem, () => DiskLayout.MinOem),
            SizeOf("recovery", options.Recovery, () => DiskLayout.MinRecovery(DiskRequest.Size(request.Recovery ?? request.Image))),
            SizeOf("state", options.State, () => DiskLayout.MinState(DiskRequest.Size(request.Image))),
            SizeOf("persistent", options.Persistent, () => DiskLayout.MinPersistent))
        {
            Extra =
            [
                .. section.Extra.Select(row =>
                    new ExtraPartition(row.Label, row.MiB * MiB, row.FileSystem ?? ExtraPartition.DefaultFileSystem) { Name = row.Name }),
                .. options.Extra,
            ],
        };
    }
}
