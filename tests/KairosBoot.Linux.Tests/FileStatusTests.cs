namespace KairosBoot.Linux.Tests;

public sealed class FileStatusTests
{
    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/self/status")]
    [InlineData("/proc/self/exe")]
    [InlineData("/dev/null")]
    [InlineData("/dev/shm")]
    [InlineData("/dev")]
    [InlineData("/tmp")]
    public void The_status_of_a_descriptor_and_of_its_name_are_the_same(string path)
    {
        using var file = Syscall.Open(path, OpenFlags.Path | OpenFlags.NoFollow);
        Assert.Equal(Syscall.TryLStat(path), Syscall.FStat(file));
    }

    [Fact]
    public void The_status_of_a_descriptor_has_times_before_1970_and_large_sizes()
    {
        var directory = Directory.CreateTempSubdirectory("kairosboot-status-");
        try
        {
            var path = Path.Combine(directory.FullName, "file");
            using (var file = Syscall.Open(path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, mode: 384))
            {
                Syscall.PWriteAll(file, [1], 5L << 32);
                Syscall.FChMod(file, 2541);
                Syscall.UTimes(file, -1_500_000_001);
            }
            Syscall.Link(path, path + ".2");
            using var opened = Syscall.Open(path, OpenFlags.ReadOnly);
            var status = Syscall.FStat(opened);
            Assert.Equal((FileType.Regular, 2541, (5L << 32) + 1, 2L, -1_500_000_001L),
                (status.Type, status.Mode, status.Size, status.Links, status.MTimeNs));
            Assert.Equal(Syscall.TryStat(path), status);
        }
        finally { directory.Delete(recursive: true); }
    }
}
