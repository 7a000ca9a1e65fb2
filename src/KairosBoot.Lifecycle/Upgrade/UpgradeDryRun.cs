using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The checks of an upgrade without the upgrade: all of them, also after one has failed. Nothing is written to a disk.</summary>
public sealed class UpgradeDryRun
{
    private const int PieceSize = 1 << 20;

    private readonly UpgradeRequest request;
    private readonly TargetSystem machine;
    private readonly CancellationToken cancellationToken;
    private readonly ReporterRule reporter;
    private readonly List<OperatorException> problems = [];
    private readonly List<string> notes = [], warnings = [];

    private UpgradeDryRun(UpgradeRequest request, TargetSystem machine, CancellationToken cancellationToken)
    {
        (this.request, this.machine, this.cancellationToken) = (request, machine, cancellationToken);
        reporter = new(request, machine, isReset: false);
    }

    /// <param name="request">The upgrade, to a finished image or from a tree.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="cancellationToken">Ends the checks.</param>
    public static UpgradePreview Run(UpgradeRequest request, TargetSystem machine, CancellationToken cancellationToken) =>
        SystemUpgrade.FindExisting(request, machine, cancellationToken) is { } existing
            ? new(existing.Slot, existing.ImageId, existing.SizeBytes) { IsExisting = true, Outcome = existing.Outcome }
            : new UpgradeDryRun(request, machine, cancellationToken).Run();

    private UpgradePreview Run()
    {
        var (type, size) = request.Image is not null ? CheckImage(request.Image) : CheckTree(request.Root!);
        (string Outcome, string Passive)? change = null;
        Check(() =>
        {
            var recovery = request.IsRecovery ? machine.Recovery : null;
            change = CheckSwitch(SlotSwitch.Of(machine, recovery?.Path, type), size);
        });
        if (!request.IsRecovery) CheckCounters();
        string? menu = null;
        var updatesMenu = !request.IsRecovery && BootMenuUpdate.Find(machine.State.Path, out menu) is not null;
        // The id of an image without a seal depends on the file that is written.
        var id = request.Image is { } image && problems.Count == 0 && IsSealed(image) ? SealedImage.Id(image) : "";
        return new(request.IsRecovery ? "recovery" : "active", id, size)
        {
            Problems = problems, Outcome = problems.Count == 0 ? change?.Outcome : null,
            Passive = request.IsRecovery || problems.Count > 0 ? null : change?.Passive,
            UpdatesMenu = updatesMenu, Menu = menu, Notes = notes, Warnings = [.. reporter.Warnings, .. warnings],
        };
    }

    private (string Type, long? Size) CheckImage(string image)
    {
        var (type, mountPoints) = ("", machine.MountPoints());
        long? size = null;
        Check(() =>
        {
            using var stream = ImageStream.TryOpen(image, cancellationToken);
            if (stream is not null)
            {
                type = stream.Type ?? throw new OperatorException($"{image} contains no file system image",
                    "build it with kboot image build, and compress it with zstd");
                size = Length(stream);
                notes.Add("not checked, because this image can be mounted only after it is written: what is in it");
                return;
            }

            type = ImagePreflight.CheckImage(image, mountPoints);
            size = Syscall.TryStat(image)!.Value.Size;
            Check(() => SealedImage.Check(image, cancellationToken));
            Check(() => reporter.Check(image, image));
            if (ImagePreflight.OlderThan(image, machine.Host) is { } older) notes.Add(older);
        });
        return (type, size);
    }

    private long Length(ImageStream stream)
    {
        var piece = new byte[PieceSize];
        long length = 0;
        for (int read; (read = stream.Read(piece)) > 0; length += read) cancellationToken.ThrowIfCancellationRequested();
        return length;
    }

    private (string Type, long? Size) CheckTree(string tree)
    {
        Check(() =>
        {
            using var root = OneFileSystem.Of(tree);
            ImagePreflight.CheckTree(root.Path, machine.MountPoints());
            // The units that a build adds are written to /run only, which is in memory.
            using var scratch = new TemporaryDirectory(nextTo: SystemPaths.Runtime + "-upgrade", cancellationToken);
            List<TreeAddition> additions = [];
            SystemUnits.Add(additions, root.Path, request.KBoot, machine: null, scratch);
            Check(() => reporter.CheckTree(root.Path, additions));
            if (ImagePreflight.TreeOlderThan(root.Path, machine.Host) is { } older) notes.Add(older);
        });
        notes.Add("not checked, because the image must be built for it: its size, and the space for it");
        return (request.Format == ImageFormat.Squashfs ? "squashfs" : "ext4", null);
    }

    private (string, string) CheckSwitch(SlotSwitch slotSwitch, long? size)
    {
        if (SlotSwitch.Leftovers(machine.State.Path).Any(File.Exists))
            notes.Add("an earlier upgrade was interrupted; what it left would be removed");
        if (Syscall.TryLStat(slotSwitch.Staged) is not null) notes.Add("the image that is staged would be removed");
        var room = slotSwitch.Room;
        if (size > room)
        {
            problems.Add(ImageWriter.NoSpace(slotSwitch.Transition,
                $"it has {ByteSize.Text(size.Value)}, and there is room for {ByteSize.Text(room)}"));
        }

        slotSwitch.Check();
        return slotSwitch.Preview;
    }

    private void CheckCounters()
    {
        var state = machine.State.Path;
        if (BootStateFile.Read(state + SystemPaths.BootState).Problem is { } problem && !KairosMenu.IsWithoutCounters(state))
            warnings.Add($"the boot counters {problem}; an upgrade writes new ones");
    }

    private static bool IsSealed(string image) =>
        Syscall.TryStat(image) is { Type: FileType.Regular } && SealedImage.Read(image) is not null;

    private void Check(Action check)
    {
        try
        {
            check();
        }
        catch (OperatorException problem)
        {
            problems.Add(problem);
        }
        catch (SyscallException failure)
        {
            problems.Add(new(failure.Message, "check that the path exists and that its disk has no errors"));
        }
    }
}
