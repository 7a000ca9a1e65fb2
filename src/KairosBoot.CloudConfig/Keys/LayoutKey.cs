using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>layout</c>: partitions that are added to a disk, and its last one grown. Where everything is as it should be, nothing is written, so an
/// entry for every boot costs a look. A table is never made smaller, and never one that a power cut can break.
/// </summary>
internal static class LayoutKey
{
    private static readonly Schema Size = Schema.Scalar("a whole number of MiB, 0 for all there is", s => s.Integer() is >= 0 and <= long.MaxValue >> 20);

    // Half of a layout is another layout: a partition without the size it was given would take all there is.
    internal static readonly StageKey Definition = new("layout", Schema.Whole(Schema.Record(
        ("device", Schema.Record(("path", Schema.Text), ("label", Schema.Text), ("init_disk", Schema.Boolean), ("disk_name", Schema.Text))),
        ("expand_partition", Schema.Record(("size", Size))),
        ("add_partitions", Schema.ListOf(Schema.Record(
            ("fsLabel", Schema.Text), ("pLabel", Schema.Text), ("size", Size),
            ("filesystem", Schema.Scalar(MakeFileSystem.Names, s => MakeFileSystem.Find(s.Text) is not null)), ("bootable", Schema.Boolean)))))),
        (value, run) => Guard(value.Line, run, () => Apply((YamlMapping)value, run)));

    private static void Apply(YamlMapping layout, EntryRun run)
    {
        if (layout.Find("device") is not YamlMapping device)
        {
            run.Warn(layout.Line, "layout", "names no device: nothing is done");
            return;
        }
        var target = LayoutTarget.Find(device, run);
        var disk = new PartitionedDisk(target.Disk);
        if (device.Boolean("init_disk") == true && disk.Initialize(NamedUuid.Of(device.Text("disk_name") is { Length: > 0 } name ? name : "YIP_DISK")))
            run.ReportDisk($"{disk.Node} has a new partition table");
        var added = YamlMapping.MappingsOf(layout.Find("add_partitions"));
        for (var i = 0; i < added.Count; i++)
        {
            var (partition, isLast) = (added[i], i == added.Count - 1);
            if (!Guard(partition.Line, run, () => NewPartition.AddUnlessThere(target.Disk, disk, partition, isLast, run))) return;
        }
        if (layout.Find("expand_partition") is YamlMapping expand)
        {
            Guard(expand.Line, run, () => PartitionGrowth.Grow(
                target.Disk, disk, added.Count > 0 ? 0 : target.Partition, (expand.Integer("size") ?? 0) << 20, expand.Line, run));
        }
    }

    /// <summary>False, with the problem reported: it did not come to its end.</summary>
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
