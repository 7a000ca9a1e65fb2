using KairosBoot.Linux.Tests.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>The reader for files that somebody else can write, on every kind of file. What waits or never ends would hang the test.</summary>
public sealed class BoundedFileTests : IDisposable
{
    private static readonly ReadLimit Limit = new(1000, "a test file");
    private readonly string directory = Directory.CreateTempSubdirectory("kairosboot-bounded-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string At(string name) => Path.Combine(directory, name);

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(999, true)]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    [InlineData(1L << 40, false)]
    public void A_file_up_to_the_limit_is_read_and_a_larger_one_names_both_sizes(long size, bool isRead)
    {
        using (var file = File.Create(At("f"))) file.SetLength(size);
        if (isRead) Assert.Equal(size, BoundedFile.TryRead(At("f"), Limit)!.Length);
        else Assert.Equal($"{At("f")} has {size} bytes; a test file may have 1000", Assert.Throws<OperatorException>(() => BoundedFile.TryRead(At("f"), Limit)).Problem);
    }

    [Fact]
    public void A_file_that_grows_while_it_is_read_gives_what_it_had()
    {
        File.WriteAllBytes(At("f"), new byte[900]);
        using var path = Syscall.Open(At("f"), OpenFlags.Path);
        using var opened = BoundedFile.Open(path, Limit);
        File.WriteAllBytes(At("f"), new byte[100_000]);
        Assert.Equal(1000, BoundedFile.ReadOpened(opened, Limit).Length);
        File.WriteAllBytes(At("f"), new byte[10]);
        Assert.Equal(10, BoundedFile.ReadOpened(opened, Limit).Length);
    }

    [Theory]
    [InlineData("fifo", "a FIFO")]
    [InlineData("socket", "a socket")]
    [InlineData("zero", "a device")]
    [InlineData("block", "a device")]
    [InlineData("directory", "a directory")]
    [InlineData("link-to-fifo", "a FIFO")]
    [InlineData("link-to-zero", "a device")]
    public void What_is_no_regular_file_is_named_and_not_opened(string name, string kind)
    {
        MakeKinds();
        Assert.Contains($"is {kind}, not a file", Assert.Throws<OperatorException>(() => BoundedFile.TryRead(At(name), Limit)).Problem);
    }

    [Theory]
    [InlineData("/proc/kmsg")]
    [InlineData("/proc/self/mem")]
    [InlineData("/proc/self/maps")]
    [InlineData("/proc/version")]
    [InlineData("/sys/kernel/mm/transparent_hugepage/enabled")]
    public void A_file_that_the_kernel_makes_up_is_refused_behind_a_link_too(string path)
    {
        Skip(path);
        File.CreateSymbolicLink(At("link"), path);
        foreach (var name in (string[])[path, At("link")])
            Assert.Matches("is made up by the kernel|has \\d+ bytes", Assert.Throws<OperatorException>(() => BoundedFile.TryRead(name, Limit)).Problem);
    }

    private static void Skip(string path)
    {
        if (!File.Exists(path)) throw new InvalidOperationException($"this machine has no {path}");
    }

    [Fact]
    public void A_made_up_file_that_is_meant_is_read_with_a_bound_and_without_waiting()
    {
        Assert.Equal(File.ReadAllText("/proc/version"), System.Text.Encoding.UTF8.GetString(BoundedFile.TryReadMadeUp("/proc/version", Limit)!));
        Assert.Contains("may have 1000", Assert.Throws<OperatorException>(() => BoundedFile.TryReadMadeUp("/proc/kallsyms", Limit)).Problem);
        MakeKinds();
        Assert.Contains("a FIFO", Assert.Throws<OperatorException>(() => BoundedFile.TryReadMadeUp(At("fifo"), Limit)).Problem);
        Assert.Null(BoundedFile.TryReadMadeUp("/proc/none", Limit));
    }

    [Fact]
    public void Nothing_at_the_path_is_null_and_a_loop_of_links_is_an_error()
    {
        File.CreateSymbolicLink(At("loop"), "loop");
        File.CreateSymbolicLink(At("dangling"), "none");
        Assert.Null(BoundedFile.TryRead(At("none"), Limit));
        Assert.Null(BoundedFile.TryRead(At("dangling"), Limit));
        Assert.Equal(Errno.ELOOP, Assert.Throws<SyscallException>(() => BoundedFile.TryRead(At("loop"), Limit)).Errno);
    }

    /// <summary>KAIROSBOOT_PARSER_INPUTS asks for more than the default.</summary>
    [Fact]
    public void No_file_makes_the_reader_wait_or_read_more_than_the_limit()
    {
        var random = new Random(BrokenInputTests.Setting("KAIROSBOOT_FUZZ_SEED", 20260101));
        var inputs = BrokenInputTests.Setting("KAIROSBOOT_PARSER_INPUTS", 4000);
        MakeKinds();
        string[] kinds = ["fifo", "socket", "zero", "block", "directory", "link-to-fifo", "link-to-zero", "/proc/self/maps", "/proc/version", "none"];
        int read = 0, refused = 0;
        for (var i = 0; i < inputs; i++)
        {
            var limit = new ReadLimit(random.Next(5) == 0 ? random.Next(3) : random.Next(1 << 14), "an input");
            var isFile = random.Next(2) == 0;
            var size = isFile ? random.Next(4) switch { 0 => limit.Bytes, 1 => limit.Bytes + 1, 2 => random.NextInt64(1L << 40), _ => random.Next((int)limit.Bytes + 1) } : 0;
            var path = isFile ? At("f") : kinds[random.Next(kinds.Length)] is var kind && kind.StartsWith('/') ? kind : At(kind);
            if (isFile)
                using (var file = new FileStream(path, FileMode.OpenOrCreate)) file.SetLength(size);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var content = BoundedFile.TryRead(path, limit);
                Assert.True(content is null ? path == At("none") : isFile && size <= limit.Bytes && content.Length == size, $"{path} of {size} bytes, limit {limit.Bytes}");
                read++;
            }
            catch (OperatorException)
            {
                Assert.True(!isFile || size > limit.Bytes);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, limit.Bytes + 16_384);
        }
        Assert.InRange(read, inputs / 20, inputs);
        Assert.InRange(refused, inputs / 20, inputs);
    }

    private void MakeKinds()
    {
        const ulong Zero = 1 << 8 | 5, Loop0 = 7 << 8;
        AtPath.MkNod(At("fifo"), FileType.Fifo, Octal.O666, 0);
        AtPath.MkNod(At("socket"), FileType.Socket, Octal.O666, 0);
        AtPath.MkNod(At("zero"), FileType.CharacterDevice, Octal.O666, Zero);
        AtPath.MkNod(At("block"), FileType.BlockDevice, Octal.O666, Loop0);
        Directory.CreateDirectory(At("directory"));
        File.CreateSymbolicLink(At("link-to-fifo"), "fifo");
        File.CreateSymbolicLink(At("link-to-zero"), "zero");
    }
}
