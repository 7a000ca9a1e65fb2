using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// Records of failed boots on real ext4 partitions: a file on a loop device, mounted at <c>/state</c> of the scratch directory.
/// </summary>
public sealed class FailureStoreTests
{
    private static FailureRecord Record(string problem) => new() { Time = 5, Problem = problem, Log = "[    1.0] info  booting" };

    private static string State(string scratch, string options, string size = "8M")
    {
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", size);
        return Mount(scratch, options);
    }

    // The device itself is writable, like a disk.
    private static string Mount(string scratch, string options)
    {
        Directory.CreateDirectory(scratch + "/state");
        var wanted = MountOptions.Parse(options);
        using var device = LoopDevice.Attach(scratch + "/part", readOnly: false);
        Syscall.Mount(device.Path, scratch + "/state", "ext4", wanted.Flags, wanted.Data);
        return scratch + "/state";
    }

    private static bool IsReadOnly(string mountPoint) => MountTable.Read().Single(m => m.MountPoint == mountPoint).ReadOnly;

    // The state that the next boot finds: clean, with an empty journal.
    private static string Superblock(string scratch) => MountNamespace.Tool("dumpe2fs", "-h", scratch + "/part");

    [Fact]
    public void A_read_only_partition_stores_records_and_is_clean_afterwards() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro,nosuid,nodev");
        FailureStore.Add(state, Record("first"));
        FailureStore.Add(state, Record("second"));
        Assert.True(IsReadOnly(state));
        var options = MountTable.Read().Single(m => m.MountPoint == state).Options.Split(',');
        Assert.Superset(new HashSet<string> { "ro", "nosuid", "nodev" }, options.ToHashSet());
        Assert.Equal(Errno.EROFS, Assert.Throws<SyscallException>(() => FileText.Write(state + "/x", "x")).Errno);
        Assert.Equal(["first", "second"], FailureStore.Read(state).Select(r => r.Problem));
        Assert.DoesNotContain("needs_recovery", Superblock(scratch));
        Assert.Equal(["failed-boots"], Directory.GetFileSystemEntries(state + "/kairosboot").Select(Path.GetFileName));
        Assert.Equal("640", MountNamespace.Tool("stat", "-c", "%a", state + "/kairosboot/failed-boots").Trim());
    });

    [Fact]
    public void A_reported_record_is_not_new_and_a_later_one_is() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro");
        Assert.False(FailureStore.HasNew(state));
        FailureStore.Add(state, Record("first"));
        Assert.True(FailureStore.HasNew(state));
        FailureStore.MarkReported(state);
        Assert.False(FailureStore.HasNew(state));
        Assert.Empty(FailureStore.Read(state));
        Assert.Equal("first", Assert.Single(FailureStore.ReadReported(state)).Problem);
        FailureStore.Add(state, Record("second"));
        Assert.Equal("second", Assert.Single(FailureStore.Read(state)).Problem);
        FailureStore.MarkReported(state);
        Assert.Equal("second", Assert.Single(FailureStore.ReadReported(state)).Problem);
        Assert.True(IsReadOnly(state));
    });

    [Fact]
    public void A_mark_is_kept_next_to_the_reported_records_until_the_next_report() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro");
        Assert.Equal("", FailureStore.ReadMark(state));
        FailureStore.AddReported(state, [], "active 1 ");
        Assert.Equal("active 1 ", FailureStore.ReadMark(state));
        FailureStore.AddReported(state, [Record("lost")], "active 0 ");
        Assert.Equal("active 0 ", FailureStore.ReadMark(state));
        Assert.Equal("lost", Assert.Single(FailureStore.ReadReported(state)).Problem);
        Assert.False(FailureStore.HasNew(state));
        FailureStore.Add(state, Record("first"));
        Assert.Equal("active 0 ", FailureStore.ReadMark(state));
        FailureStore.MarkReported(state);
        Assert.Equal("", FailureStore.ReadMark(state));
        Assert.True(IsReadOnly(state));
    });

    [Theory]
    [InlineData("mkfifo failed-boots.reported")]
    [InlineData("ln -s /etc/passwd failed-boots.reported")]
    [InlineData("mkdir failed-boots.reported")]
    [InlineData("head -c 200000 /dev/urandom > failed-boots.reported")]
    [InlineData("truncate -s 1T failed-boots.reported")]
    public void A_mark_that_another_system_has_shaped_is_none(string command) => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw");
        Directory.CreateDirectory(state + "/kairosboot");
        MountNamespace.Tool("sh", "-c", $"cd {state}/kairosboot && {command}");
        Assert.Equal("", FailureStore.ReadMark(state));
        Assert.Empty(FailureStore.ReadReported(state));
    });

    [Fact]
    public void A_full_partition_keeps_its_mark() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw");
        FailureStore.AddReported(state, [Record("first")], "active 1 ");
        MountNamespace.Tool("sh", "-c", $"cat /dev/zero > {state}/full || :");
        Assert.Equal(Errno.ENOSPC, Assert.Throws<SyscallException>(() =>
            FailureStore.AddReported(state, [new() { Time = 1, Problem = "x", Log = new string('x', 8000) }], "active 0 ")).Errno);
        Assert.Equal("active 1 ", FailureStore.ReadMark(state));
        Assert.Equal("first", Assert.Single(FailureStore.ReadReported(state)).Problem);
    });

    [Fact]
    public void An_image_that_is_in_use_on_the_partition_stays_in_use() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw", "16M");
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", state + "/image", "4M");
        MountNamespace.Tool("mount", "-o", "remount,ro", state);
        Directory.CreateDirectory(scratch + "/root");
        using (var device = LoopDevice.Attach(state + "/image", readOnly: true))
            Syscall.Mount(device.Path, scratch + "/root", "ext4", MountFlags.ReadOnly, "");
        FailureStore.Add(state, Record("in use"));
        Assert.True(IsReadOnly(state));
        Assert.True(Directory.Exists(scratch + "/root/lost+found"));
        Assert.Equal("in use", Assert.Single(FailureStore.Read(state)).Problem);
    });

    [Fact]
    public void A_writable_partition_stays_writable() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw");
        FailureStore.Add(state, Record("here"));
        Assert.False(IsReadOnly(state));
        Assert.Equal("here", Assert.Single(FailureStore.Read(state)).Problem);
    });

    [Fact]
    public void A_full_partition_refuses_and_keeps_its_records() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw");
        FailureStore.Add(state, Record("before"));
        Fill(state);
        MountNamespace.Tool("mount", "-o", "remount,ro", state);
        Assert.Equal(Errno.ENOSPC, Assert.Throws<SyscallException>(() => FailureStore.Add(state, Record("too much"))).Errno);
        Assert.True(IsReadOnly(state));
        Assert.Equal("before", Assert.Single(FailureStore.Read(state)).Problem);
        Assert.Equal(["failed-boots"], Directory.GetFileSystemEntries(state + "/kairosboot").Select(Path.GetFileName));
    });

    // Blocks are allocated when they are written back: more may be free afterwards than the write reported.
    private static void Fill(string directory)
    {
        for (var (size, file) = (8 << 20, 0); size > 0; file++)
        {
            try { FileText.Write($"{directory}/filler{file}", new byte[size]); }
            catch (SyscallException e) when (e.Errno == Errno.ENOSPC) { size /= 2; }
            MountNamespace.Tool("sync", "-f", directory);
        }
    }

    [Fact]
    public void A_read_only_device_refuses() => MountNamespace.Run(scratch =>
    {
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", "8M");
        Directory.CreateDirectory(scratch + "/state");
        using (var device = LoopDevice.Attach(scratch + "/part", readOnly: true))
            Syscall.Mount(device.Path, scratch + "/state", "ext4", MountFlags.ReadOnly, "");
        var failure = Assert.Throws<SyscallException>(() => FailureStore.Add(scratch + "/state", Record("nowhere")));
        Assert.Contains(failure.Errno, (int[])[Errno.EROFS, Errno.EACCES]);
        Assert.True(IsReadOnly(scratch + "/state"));
    });

    [Fact]
    public void A_partition_with_errors_in_its_superblock_is_not_written() => MountNamespace.Run(scratch =>
    {
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", "8M");
        MountNamespace.Tool("debugfs", "-w", "-R", "ssv state 2", scratch + "/part");
        var before = File.ReadAllBytes(scratch + "/part");
        var state = Mount(scratch, "ro");
        var failure = Assert.Throws<OperatorException>(() => FailureStore.Add(state, Record("nowhere")));
        Assert.Contains("has errors", failure.Message);
        Assert.True(IsReadOnly(state));
        MountNamespace.Tool("umount", state);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(scratch + "/part")));
    });

    [Fact]
    public void A_directory_without_a_mount_is_not_written() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/oem");
        Assert.Throws<OperatorException>(() => FailureStore.Add(scratch + "/oem", Record("nowhere")));
        Assert.Empty(Directory.GetFileSystemEntries(scratch + "/oem"));
    });

    [Theory]
    [InlineData("junk")]
    [InlineData("huge")]
    [InlineData("directory")]
    [InlineData("pipe")]
    public void Any_kind_of_file_in_place_of_the_records_is_harmless(string kind) => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "rw");
        var path = state + "/kairosboot/failed-boots";
        Directory.CreateDirectory(state + "/kairosboot");
        switch (kind)
        {
            case "junk": File.WriteAllBytes(path, [0, 1, 2, 0xff, 0xfe, (byte)'\n', (byte)'-']); break;
            case "huge":
                using (var file = File.Create(path)) file.SetLength(1L << 33); // sparse: nothing on the disk
                break;
            case "directory": Directory.CreateDirectory(path + "/in/the/way"); break;
            case "pipe": MountNamespace.Tool("mkfifo", path); break;
        }
        Assert.Empty(FailureStore.Read(state));
        if (kind == "directory")
        {
            Assert.Throws<SyscallException>(() => FailureStore.Add(state, Record("new")));
        }
        else
        {
            FailureStore.Add(state, Record("new"));
            Assert.Equal("new", Assert.Single(FailureStore.Read(state)).Problem);
        }
    });
}
