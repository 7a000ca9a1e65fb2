using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>layout</c>: adds partitions to a disk and grows the last one. If nothing has to change, nothing is written, so an entry may run at
/// every boot. Partitions are never shrunk or removed, and a power cut never leaves a broken table.
/// </summary>
internal static class LayoutKey
{
    private static readonly Schema Size =
        Schema.Scalar("a whole number of MiB, 0 for all free space", s => s.Integer() is >= 0 and <= long.MaxValue >> 20);

    // All or nothing: without its invalid size, a partition would take all free space.
    internal static readonly StageKey Definition = new("layout", Schema.Whole(Schema.Record(
        ("device", Schema.Record(("path", Schema.Text), ("label", Schema.Text), ("init_disk", Schema.Boolean), ("disk_name", Schema.Text))),
        ("expand_partition", Schema.Record(("size", Size))),
        ("add_partitions", Schema.ListOf(Schema.Record(
            ("fsLabel", Schema.Text), ("pLabel", Schema.Text), ("size", Size),
            ("filesystem", Schema.Scalar(MakeFileSystem.Names, s => MakeFileSystem.Find(s.Text) is not null)),
                ("bootable", Schema.Boolean)))))),
        (value, run) => Guard(value.Line, run, () => Apply((YamlMapping)value, run)));

    private static void Apply(YamlMapping layout, EntryRun run)
    {
        if (DeviceOf(layout, run.Report) is not { } device) return;
        var target = LayoutTarget.Find(device, run);
        var disk = new PartitionedDisk(target.Disk);
        var diskName = device.Text("disk_name") is { Length: > 0 } name ? name : "YIP_DISK";
        if (device.Boolean("init_disk") == true && disk.Initialize(NamedUuid.Of(diskName)))
            run.ReportDisk($"{disk.Node} has a new partition table");
        List<YamlMapping> added = [.. YamlMapping.MappingsOf(layout.Find("add_partitions"))];
        for (var i = 0; i < added.Count; i++)
        {
            var (partition, isLast) = (added[i], i == added.Count - 1);
            if (!Guard(partition.Line, run, () => NewPartition.AddIfMissing(target.Disk, disk, partition, isLast, run))) return;
        }
        if (layout.Find("expand_partition") is YamlMapping expand)
        {
            Guard(expand.Line, run, () => PartitionGrowth.Grow(
                target.Disk, disk, added.Count > 0 ? 0 : target.Partition, (expand.Integer("size") ?? 0) << 20, expand.Line, run));
        }
    }

    /// <summary>Null: it is missing, which is reported.</summary>
    internal static YamlMapping? DeviceOf(YamlMapping layout, Finding report)
    {
        if (layout.Find("device") is YamlMapping device) return device;
        report(layout.Line, "layout", "has no device: ignored; to fix: add device.path or device.label", isWarning: true);
        return null;
    }

    /// <summary>False: it failed, which is reported.</summary>
    private static bool Guard(int line, EntryRun run, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is OperatorException or SyscallException) { run.Fail(line, "layout", StageProblem.ReasonOf(e)); }
        return false;
    }
}
