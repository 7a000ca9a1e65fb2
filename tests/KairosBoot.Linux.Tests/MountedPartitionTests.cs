using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// A real ext4 partition, mounted read-only at <c>/state</c> of the scratch directory, with an image that is attached to a loop device.
/// </summary>
public sealed class MountedPartitionTests
{
    private static void Run(Action<string> body) => MountNamespace.Run(scratch =>
    {
        Syscall.Mount("tmpfs", "/run", "tmpfs", MountFlags.None, "");
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", scratch + "/part", "32M");
        var state = Directory.CreateDirectory(scratch + "/state").FullName;
        using (var device = LoopDevice.Attach(scratch + "/part", readOnly: false))
            Syscall.Mount(device.Path, state, "ext4", MountFlags.None, "");
        using (var image = File.Create(state + "/active.img")) image.SetLength(16 << 20);
        Syscall.Mount("none", state, "", MountFlags.Remount | MountFlags.ReadOnly, "");
        body(state);
    });

    private static MountInfo Mounted(string state) => MountTable.Read().Single(mount => mount.MountPoint == state);

    private static void AssertAsBefore(string state)
    {
        var mount = Mounted(state);
        Assert.True(mount.FileSystemReadOnly);
        Assert.Equal("ro,relatime", mount.Options);
    }

    private static Thread Start(Action body, List<Exception> failures)
    {
        var thread = new Thread(() =>
        {
            try { body(); }
            catch (Exception e) { lock (failures) failures.Add(e); }
        });
        thread.Start();
        return thread;
    }

    /// <summary>A file that stays open for writing until the handle is closed.</summary>
    private static FileHandle OpenForWriting(string state) =>
        Syscall.Open(state + "/other", OpenFlags.WriteOnly | OpenFlags.Create, Octal.O600);

    [Fact]
    public void Reading_the_running_image_does_not_prevent_a_change() => Run(state =>
    {
        var image = state + "/active.img";
        MountedPartition.Change(state, () => File.SetLastAccessTimeUtc(image, DateTime.UnixEpoch));
        var before = MountNamespace.Tool("stat", "-c", "%x", image);
        using var loop = LoopDevice.Attach(image, readOnly: true);
        var ended = false;
        List<Exception> failures = [];
        var reader = Start(() =>
        {
            var block = new byte[1 << 20];
            for (long at = 0; !Volatile.Read(ref ended); at = (at + block.Length) % (16 << 20))
            {
                using var device = Syscall.Open(loop.Path, OpenFlags.ReadOnly);
                Syscall.PRead(device, block, at);
            }
        }, failures);
        for (var i = 0; i < 100; i++)
        {
            MountedPartition.Change(state, () =>
            {
                using var file = Syscall.Open(image, OpenFlags.ReadOnly);
                Syscall.PRead(file, new byte[4096], 0);
            });
            AssertAsBefore(state);
        }
        Volatile.Write(ref ended, true);
        reader.Join();
        Assert.Empty(failures);
        Assert.Equal(before, MountNamespace.Tool("stat", "-c", "%x", image));
    });

    [Fact]
    public void A_short_writer_is_waited_for() => Run(state =>
    {
        List<Exception> failures = [];
        Thread? closing = null;
        MountedPartition.Change(state, () =>
        {
            var other = OpenForWriting(state);
            closing = Start(() =>
            {
                Thread.Sleep(300);
                other.Dispose();
            }, failures);
        });
        AssertAsBefore(state);
        closing!.Join();
        Assert.Empty(failures);
    });

    [Fact]
    public void A_lasting_writer_is_reported_and_the_next_change_restores_read_only() => Run(state =>
    {
        FileHandle? other = null;
        var failure = Assert.Throws<OperatorException>(() => MountedPartition.Change(state, () => other = OpenForWriting(state)));
        Assert.Contains(state, failure.Message);
        Assert.Contains("stays writable", failure.Problem);
        Assert.False(Mounted(state).ReadOnly);
        other!.Dispose();
        MountedPartition.Change(state, () => { });
        AssertAsBefore(state);
    });

    [Fact]
    public void After_a_failed_change_the_partition_is_as_before() => Run(state =>
    {
        Assert.Throws<OperatorException>(() => MountedPartition.Change(state, () => throw new OperatorException("no room", "make some")));
        AssertAsBefore(state);
    });

    [Theory]
    [InlineData("ro,strictatime", "ro")]
    [InlineData("ro,noatime", "ro,noatime")]
    [InlineData("ro,nosuid,nodev,noexec,relatime", "ro,nosuid,nodev,noexec,relatime")]
    [InlineData("ro,nodiratime,relatime", "ro,nodiratime,relatime")]
    public void The_previous_options_are_restored(string options, string shown) => Run(state =>
    {
        Syscall.Mount("none", state, "", MountFlags.Remount | MountOptions.Parse(options).Flags, "");
        Assert.Equal(shown, Mounted(state).Options);
        MountedPartition.Change(state, () =>
        {
            Assert.Contains("noatime", Mounted(state).Options.Split(','));
            Assert.DoesNotContain("ro", Mounted(state).Options.Split(','));
            // Safe while it is writable, too.
            foreach (var option in (string[])["nosuid", "nodev", "noexec"])
                Assert.Equal(shown.Split(',').Contains(option), Mounted(state).Options.Split(',').Contains(option));
        });
        Assert.Equal(shown, Mounted(state).Options);
    });

    [Fact]
    public void A_change_within_a_change_leaves_it_writable() => Run(state =>
    {
        MountedPartition.Change(state, () =>
        {
            MountedPartition.ChangeAt(state + "/active.img", () => File.WriteAllText(state + "/inner", ""));
            File.WriteAllText(state + "/outer", "");
        });
        AssertAsBefore(state);
    });

    [Fact]
    public void Two_concurrent_changes_share_the_writable_time() => Run(state =>
    {
        List<Exception> failures = [];
        using var secondIsIn = new ManualResetEventSlim();
        using var firstIsOut = new ManualResetEventSlim();
        Thread? second = null;
        MountedPartition.Change(state, () =>
        {
            second = Start(() => MountedPartition.Change(state, () =>
            {
                secondIsIn.Set();
                firstIsOut.Wait();
                File.WriteAllText(state + "/second", "");
            }), failures);
            secondIsIn.Wait();
        });
        Assert.False(Mounted(state).ReadOnly);
        firstIsOut.Set();
        second!.Join();
        Assert.Empty(failures);
        AssertAsBefore(state);
        Assert.True(File.Exists(state + "/second"));
    });

    [Fact]
    public void A_container_and_the_machine_share_the_writable_time() => Run(state =>
    {
        // The machine's root as mounted in the container; the container's own /run is different.
        var host = Path.GetDirectoryName(state) + "/host";
        foreach (var directory in (string[])["/run", "/proc", "/dev"]) Directory.CreateDirectory(host + directory);
        Syscall.Mount("tmpfs", host + "/run", "tmpfs", MountFlags.None, "");
        Directory.CreateDirectory(host + SystemPaths.State);
        foreach (var directory in (string[])["/proc", "/dev"])
            Syscall.Mount(directory, host + directory, "", MountFlags.Bind | MountFlags.Recursive, "");
        Syscall.Mount(state, host + SystemPaths.State, "", MountFlags.Bind, "");
        Syscall.Umount(state);
        List<Exception> failures = [];
        using var machineIsUp = new ManualResetEventSlim();
        using var containerIsIn = new ManualResetEventSlim();
        // With its own mount of the partition, which is read-only independently of the container's mount.
        var machine = Start(() =>
        {
            Syscall.UnshareMounts();
            Syscall.ChRoot(host);
            Syscall.ChDir("/");
            machineIsUp.Set();
            containerIsIn.Wait();
            MountedPartition.Change(SystemPaths.State, () => FileText.Write(SystemPaths.State + "/machine", ""));
        }, failures);
        Assert.True(machineIsUp.Wait(TimeSpan.FromSeconds(30)));
        MountedPartition.Change(host + SystemPaths.State, () =>
        {
            containerIsIn.Set();
            machine.Join();
            File.WriteAllText(host + SystemPaths.State + "/container", "");
        });
        Assert.Empty(failures);
        AssertAsBefore(host + SystemPaths.State);
        Assert.True(File.Exists(host + SystemPaths.State + "/machine"));
    });

    [Fact]
    public void Many_concurrent_changes_all_succeed() => Run(state =>
    {
        List<Exception> failures = [];
        var threads = Enumerable.Range(0, 4).Select(thread => Start(() =>
        {
            for (var i = 0; i < 50; i++) MountedPartition.Change(state, () => File.WriteAllText($"{state}/{thread}.{i}", ""));
        }, failures)).ToList();
        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
        AssertAsBefore(state);
        Assert.Equal(200, Directory.GetFiles(state, "?.*").Length);
    });

    [Fact]
    public void The_next_change_restores_read_only_after_a_killed_program() => Run(state =>
    {
        // The state after a killed program: its note exists, its lock is gone.
        MountedPartition.Change(state, () => { });
        var list = Directory.GetFiles("/run/kairosboot", "writable.*").Single();
        Assert.Equal(0, new FileInfo(list).Length);
        File.WriteAllText(list, Mounted(state).Options);
        MountNamespace.Tool("mount", "-o", "remount,rw,noatime", state);
        MountedPartition.Change(state, () => File.WriteAllText(state + "/later", ""));
        AssertAsBefore(state);
    });

    [Fact]
    public void A_partition_that_was_writable_before_stays_writable() => Run(state =>
    {
        Syscall.Mount("none", state, "", MountFlags.Remount | MountFlags.NoAtime, "");
        MountedPartition.Change(state, () => File.WriteAllText(state + "/file", ""));
        Assert.False(Mounted(state).ReadOnly);
        Assert.Equal("rw,noatime", Mounted(state).Options);
    });
}
