namespace KairosBoot.Plan.Tests;

public sealed class DiskSeedTests
{
    private static List<string> Ids(string text)
    {
        var seed = new DiskSeed(text);
        List<string> ids = [$"{seed.Disk}"];
        for (var number = 1; number <= 128; number++)
        {
            ids.AddRange([$"{seed.Partition(number)}", $"{seed.FileSystem(number)}", $"{seed.DirectoryHash(number)}",
                $"{seed.FatSerial(number)}"]);
        }

        return ids;
    }

    [Fact]
    public void A_seed_always_gives_the_same_ids() =>
        Assert.Equal(("51c49b55-1c1e-5900-a9b6-99b1601aa335", "53cd1500-9536-5066-a6c7-59d49120a293"),
            (new DiskSeed("node-1").Disk.ToString(), new DiskSeed("node-1").Partition(5).ToString()));

    [Fact]
    public void No_two_ids_of_any_two_disks_are_the_same()
    {
        string[] seeds = ["a", "b", "a:disk", "a:partition 1", "", "disk", "é", new('x', 256)];
        var ids = seeds.SelectMany(Ids).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("node-1", null)]
    [InlineData("rack 4, slot 2 é", null)]
    [InlineData("", "is empty")]
    [InlineData("  ", "is empty")]
    [InlineData("a\nb", "has control characters")]
    [InlineData("a\u001b[2J", "has control characters")]
    public void An_invalid_seed_has_a_reason(string text, string? problem) => Assert.Equal(problem, DiskSeed.Problem(text));

    [Fact]
    public void A_seed_has_a_maximum_length()
    {
        Assert.Null(DiskSeed.Problem(new string('x', 256)));
        Assert.Equal("has 257 characters; 256 are allowed", DiskSeed.Problem(new string('x', 257)));
    }
}
