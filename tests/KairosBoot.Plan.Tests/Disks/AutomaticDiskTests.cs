namespace KairosBoot.Plan.Tests.Disks;

/// <summary><c>kboot install --device auto</c> takes a disk only if it cannot be wrong.</summary>
public sealed class AutomaticDiskTests
{
    [Theory]
    [InlineData("sda:", 0)]
    [InlineData("sda:ext4 sdb:", 1)]
    [InlineData("sda:ext4 sdb: sdc:ZFS", 1)]
    public void The_only_empty_disk_is_chosen(string disks, int chosen) => Assert.Equal(chosen, AutomaticDisk.Choose(Parse(disks)));

    [Fact]
    public void Several_empty_disks_are_listed()
    {
        var refusal = Assert.Throws<OperatorException>(() => AutomaticDisk.Choose(Parse("sda: sdb:ext4 sdc:")));
        Assert.Equal("--device auto: more than one disk is empty:\n  sda\n  sdc", refusal.Problem);
        Assert.Equal("choose one of them: --device /dev/...", refusal.Fix);
    }

    [Fact]
    public void A_disk_with_data_is_never_chosen()
    {
        var refusal = Assert.Throws<OperatorException>(() => AutomaticDisk.Choose(Parse("sda:ext4 sdb:ZFS")));
        Assert.Equal("--device auto: no unused disk is empty:\n  sda: ext4\n  sdb: ZFS", refusal.Problem);
        Assert.Throws<OperatorException>(() => AutomaticDisk.Choose([]));
    }

    private static List<(string, IReadOnlyList<string>)> Parse(string disks) =>
        [.. disks.Split(' ').Select(disk => disk.Split(':'))
            .Select(parts => (parts[0], (IReadOnlyList<string>)(parts[1].Length == 0 ? [] : [parts[1]])))];
}
