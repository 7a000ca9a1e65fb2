using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>
/// Disks with errors. After the writes that a failing disk accepted, GRUB and the kernel can still boot a complete system.
/// </summary>
public sealed class FailingDiskTests
{
    private static (InstalledSystem System, RecordedDisk Disk, byte[] Before) Install(string scratch)
    {
        RecordedDisk? disk = null;
        byte[] before = [];
        var system = new InstalledSystem(scratch, mebibytes: 40, device: partition =>
        {
            before = File.ReadAllBytes(partition);
            File.WriteAllText(partition + ".disk", "");
            disk = new RecordedDisk(partition + ".disk", [.. before]);
            return partition + ".disk";
        });
        return (system, disk!, before);
    }

    [Fact]
    public void A_disk_that_fails_at_any_write_keeps_a_system_that_boots() => MountNamespace.Run(scratch =>
    {
        const int Points = 10;
        int[]? all = null;
        var refused = 0;
        for (var point = 0; point <= Points + 3; point++)
        {
            var place = Directory.CreateDirectory($"{scratch}/{point}").FullName;
            var (system, disk, before) = Install(place);
            system.Image("new");
            var images = new[] { "active", "passive", "new" }.ToDictionary(name => name, name => File.ReadAllBytes($"{place}/{name}.img"));
            var writes = 0;
            // The first round has no errors and counts the writes. The last ones are those of the switch.
            var limit = all is null ? int.MaxValue : point <= Points ? all[0] * point / (Points + 1) : all[0] - (Points + 4 - point) * 9;
            disk.Fails = (isWrite, _) => isWrite && ++writes > limit;
            try { system.Upgrade(place + "/new.img"); }
            catch (OperatorException e)
            {
                refused++;
                Assert.True(e.Message.Contains("Input/output error") || e.Message.Contains("Read-only file system")
                    || e.Message.Contains("read-back verification failed"), e.Message);
            }
            all ??= [writes];
            MountTable.UnmountBelow([system.Host]);
            var cuts = new Cuts(place, before, images);
            cuts.Judge(disk.Events, null);
            disk.Dispose();
            if (limit < all[0] / 2) Assert.Equal("active passive", cuts.Last);
            if (limit == int.MaxValue) Assert.Equal("new active", cuts.Last);
            Directory.Delete(place, recursive: true);
        }
        Assert.True(refused > Points, $"{refused} refused, {all![0]} writes");
    });

    [Fact]
    public void A_source_with_a_read_error_is_named() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = scratch + "/bad.img";
        File.WriteAllText(image, "");
        using var disk = new RecordedDisk(image, File.ReadAllBytes(system.Image("new")));
        var before = system.Files;
        disk.Fails = (isWrite, offset) => offset >= 6 << 20;
        var failure = Assert.Throws<OperatorException>(() => system.Upgrade(image));
        Assert.Contains($"{image} cannot be read: ", failure.Problem);
        Assert.Contains("Input/output error", failure.Problem);
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
    });
}
