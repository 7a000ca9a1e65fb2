using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// The boot counters on real ext4 partitions: a file on a loop device, mounted at <c>/state</c> of the scratch directory.
/// </summary>
public sealed class BootStateFileTests
{
    private static readonly BootCounters Changed = new() { Active = new(1, true, "0123456789abcdef"), Once = Slot.Recovery };

    private static string State(string scratch, string options, bool readOnlyDevice = false, Action<string>? prepare = null)
    {
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", "8M");
        Directory.CreateDirectory(scratch + "/state");
        using (var device = LoopDevice.Attach(scratch + "/part", readOnly: false))
            Syscall.Mount(device.Path, scratch + "/state", "ext4", MountFlags.None, "");
        (prepare ?? (state => FileText.Write(state + "/bootstate", BootBlock.Write(new BootCounters()))))(scratch + "/state");
        MountNamespace.Tool("umount", scratch + "/state");
        using (var device = LoopDevice.Attach(scratch + "/part", readOnlyDevice))
            Syscall.Mount(device.Path, scratch + "/state", "ext4", MountOptions.Parse(options).Flags, "");
        return scratch + "/state";
    }

    private static bool IsReadOnly(string mountPoint) => MountTable.Read().Single(m => m.MountPoint == mountPoint).ReadOnly;

    // Reads like GRUB: from the disk, without the journal.
    private static string OnDisk(string scratch, string request) =>
        MountNamespace.Tool("debugfs", "-R", request, scratch + "/part").Trim().Split('\n')[^1].Trim();

    private static BootBlock OnDisk(string scratch)
    {
        OnDisk(scratch, $"dump /bootstate {scratch}/dump");
        return BootBlock.Read(File.ReadAllBytes(scratch + "/dump"));
    }

    [Theory]
    [InlineData("ro")]
    [InlineData("rw")]
    public void A_change_is_written_in_place_and_the_partition_is_as_before(string options) => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, options);
        var blocks = OnDisk(scratch, "blocks /bootstate");
        var now = BootStateFile.Update(state + "/bootstate",
            before => before.Counters with { Active = Changed.Active, Once = Changed.Once });
        Assert.Equal(new BootBlock(Changed, null), now);
        Assert.Equal(now, BootStateFile.Read(state + "/bootstate"));
        Assert.Equal(now, OnDisk(scratch));
        Assert.Equal(blocks, OnDisk(scratch, "blocks /bootstate"));
        Assert.Equal(options == "ro", IsReadOnly(state));
        Assert.Equal(["bootstate", "lost+found"], Directory.GetFileSystemEntries(state).Select(Path.GetFileName).Order());
    });

    [Fact]
    public void Unchanged_counters_are_not_written() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro");
        var before = File.ReadAllBytes(scratch + "/part");
        BootStateFile.Update(state + "/bootstate", block => block.Counters);
        BootStateFile.Update(state + "/bootstate", _ => null);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(scratch + "/part")));
    });

    [Theory]
    [InlineData("missing", "is missing")]
    [InlineData("empty", "is 0 bytes long instead of 1024")]
    [InlineData("short", "is 1023 bytes long instead of 1024")]
    [InlineData("sparse", "has holes")]
    [InlineData("nines", "is not a GRUB environment block")]
    public void An_unusable_block_is_reported_and_recreated(string kind, string problem) => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro", prepare: mounted =>
        {
            var path = mounted + "/bootstate";
            if (kind == "empty") FileText.Write(path, "");
            if (kind == "short") FileText.Write(path, BootBlock.Write(new BootCounters()).AsSpan(0, 1023));
            if (kind == "nines") FileText.Write(path, new string('9', 1024));
            if (kind == "sparse") MountNamespace.Tool("truncate", "-s", "1024", path);
        });
        var found = BootStateFile.Read(state + "/bootstate");
        Assert.Equal((problem, false), (found.Problem, found.Usable));
        BootStateFile.Update(state + "/bootstate", _ => Changed);
        Assert.Equal(new BootBlock(Changed, null), OnDisk(scratch));
        Assert.Matches(@"^\d+$", OnDisk(scratch, "blocks /bootstate"));
        Assert.True(IsReadOnly(state));
    });

    [Theory]
    [InlineData("directory")]
    [InlineData("pipe")]
    public void Another_kind_of_file_in_its_place_is_reported(string kind) => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro", prepare: mounted =>
            MountNamespace.Tool(kind == "pipe" ? "mkfifo" : "mkdir", mounted + "/bootstate"));
        Assert.Equal("is not a file", BootStateFile.Read(state + "/bootstate").Problem);
        if (kind == "directory") Assert.Throws<SyscallException>(() => BootStateFile.Update(state + "/bootstate", _ => Changed));
        Assert.True(IsReadOnly(state));
    });

    [Fact]
    public void A_read_only_device_refuses_the_change() => MountNamespace.Run(scratch =>
    {
        var state = State(scratch, "ro", readOnlyDevice: true);
        var failure = Assert.Throws<SyscallException>(() => BootStateFile.Update(state + "/bootstate", _ => Changed));
        Assert.Contains(failure.Errno, (int[])[Errno.EROFS, Errno.EACCES]);
        Assert.Equal(new BootBlock(new BootCounters(), null), BootStateFile.Read(state + "/bootstate"));
    });
}
