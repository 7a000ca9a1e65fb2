using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Builds a bootable raw disk. All tools work on the file itself, so neither root nor loop devices are needed.</summary>
public static class DiskBuilder
{
    /// <exception cref="OperatorException">An image cannot boot, the disk is too small, or a tool is missing.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; temporary files are
    /// removed.</exception>
    public static DiskLayout Build(DiskRequest request, string output, CancellationToken cancellationToken = default,
        Action<string>? progress = null)
    {
        DiskLayout? layout = null;
        OutputFile.Write(output, file =>
        {
            using var scratch = new TemporaryDirectory(nextTo: output, cancellationToken);
            var content = new DiskContent(request, "--size", scratch);
            layout = content.Layout;
            HostFile.SetSize(file, layout.Size);
            using var disk = new DiskTarget(file, layout.Size, request.SectorSize, isBlank: true);
            var seed = request.Seed is { } text ? new DiskSeed(text) : DiskInputs.Seed(request, layout, content.Grub, cancellationToken);
            new DiskWriter(disk, content, seed, DiskInputs.Time(request.Image), scratch, progress ?? (_ => { })).Write();
        });
        return layout!;
    }
}
