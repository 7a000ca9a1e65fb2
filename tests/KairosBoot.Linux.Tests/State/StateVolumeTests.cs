using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Volumes that are read-only, full or damaged, and volumes without changes.</summary>
public sealed class StateVolumeTests
{
    [Fact]
    public void With_the_same_image_only_the_head_of_the_manifest_is_read() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("echo v1 > f; mkdir d; echo v1 > d/f");
        machine.GoodBoot("1");
        // After its head the manifest is garbage, the image is missing and the volume is read-only: none of it matters.
        var head = PersistentManifest.HeadLength(File.ReadAllBytes(machine.Manifest).AsSpan(0, PersistentManifest.FirstLine))!.Value;
        using (var manifest = File.OpenWrite(machine.Manifest))
        {
            manifest.Position = head;
            manifest.Write(new byte[manifest.Length - head]);
        }
        FileTree.Delete(machine.Scratch + "/image");
        Syscall.Mount("none", machine.Scratch + "/volume", "", MountFlags.Remount | MountFlags.ReadOnly, "");
        var result = machine.Boot("1");
        Assert.Equal((0, 0, 0), (result.Seeded, result.Compared, result.Problems.Count));
        Assert.NotEmpty(machine.Boot("2").Problems);
    });

    [Fact]
    public void A_read_only_volume_is_reported_once_for_all_paths() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("mkdir a b; echo v1 > a/f; echo v1 > b/f");
        Assert.Equal(2, Both(machine, "1").Seeded);
        machine.Install("mkdir a b; echo v2 > a/f; echo v2 > b/f");
        Syscall.Mount("none", machine.Scratch + "/volume", "", MountFlags.Remount | MountFlags.ReadOnly, "");
        var problem = Assert.Single(Both(machine, "2").Problems);
        Assert.Contains($"{machine.Image}/a, {machine.Image}/b is read-only", problem);
        Syscall.Mount("none", machine.Scratch + "/volume", "", MountFlags.Remount, "");
        Assert.Equal(2, Both(machine, "2").Followed);
    });

    [Theory]
    [InlineData("head -c 1G /dev/zero > filler")]
    [InlineData("i=0; while touch filler$i; do i=$((i+1)); done 2>/dev/null")]
    [InlineData("head -c 1G /dev/zero > filler; truncate -s -1500K filler")] // room for some of it
    public void On_a_full_volume_stores_stay_unchanged_until_there_is_space(string fill) => StateSeedTests.OnVolume(machine =>
    {
        const string Large = "mkdir a b; head -c 2M /dev/urandom > a/f; echo v2 > a/new; echo v2 > b/f; head -c 2M /dev/urandom > b/new";
        machine.Install("mkdir a b; echo v1 > a/f; echo v1 > b/f");
        Assert.Equal(2, Both(machine, "1").Seeded);
        machine.Install(Large);
        StateMachine.Sh($"cd {machine.Scratch}/volume; ({fill}) 2>/dev/null || true");
        var before = StateMachine.List(machine.Target + "/etc-a.bind") + StateMachine.List(machine.Target + "/etc-b.bind");
        for (var boot = 0; boot < 2; boot++)
        {
            var problem = Assert.Single(Both(machine, "2").Problems);
            Assert.Contains($"no space is left for {machine.Image}/a, {machine.Image}/b", problem);
            Assert.Equal(before, StateMachine.List(machine.Target + "/etc-a.bind") + StateMachine.List(machine.Target + "/etc-b.bind"));
            Assert.Equal(["key", "manifest"], machine.Control);
        }
        StateMachine.Sh($"rm {machine.Scratch}/volume/filler*");
        var result = Both(machine, "2");
        Assert.Equal((0, 2, 2), (result.Problems.Count, result.Followed, result.Added));
    }, megabytes: 8, options: "-N 64 -m 0");

    [Fact]
    public void Without_free_inodes_no_empty_store_is_created() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("mkdir a b");
        PersistentSeedResult Boot(params string[] names) => PersistentSeed.Seed(new(StepClass.Degraded,
            [.. names.Select(name => new PersistentDirectory($"{machine.Image}/{name}", $"{machine.Target}/{name}.bind", null))], "1"));
        Assert.Equal(1, Boot("a").Seeded);
        StateMachine.Sh($"cd {machine.Scratch}/volume; i=0; while touch filler$i; do i=$((i+1)); done 2>/dev/null; " +
            "rm filler0 filler1 filler2");
        var problem = Assert.Single(Boot("a", "b", "c").Problems);
        Assert.Contains($"no space is left for {machine.Image}/b, {machine.Image}/c", problem);
        Assert.Equal(["a.bind"], Directory.GetDirectories(machine.Target, "*.bind").Select(Path.GetFileName));
        StateMachine.Sh($"rm {machine.Scratch}/volume/filler*");
        var result = Boot("a", "b", "c");
        Assert.Equal((0, 2), (result.Problems.Count, result.Seeded));
    }, megabytes: 8, options: "-N 64 -m 0");

    [Fact]
    public void A_disk_that_fills_up_during_copying_keeps_no_partial_copy() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("echo v1 > f");
        machine.GoodBoot("1");
        // In a compressed image, files need less space than on the volume.
        machine.Install("for i in 1 2 3 4; do echo v2 > $i; done; head -c 7M /dev/zero > f");
        StateMachine.Sh($"mkfs.erofs -zlz4 {machine.Scratch}/compressed {machine.Image}");
        using (var device = LoopDevice.Attach(machine.Scratch + "/compressed", readOnly: true))
            Syscall.Mount(device.Path, machine.Image, "erofs", MountFlags.ReadOnly, "");
        StateMachine.Sh($"cd {machine.Scratch}/volume; head -c 1G /dev/zero > filler 2>/dev/null || truncate -s -2200K filler");
        Assert.InRange(Syscall.TryStat(machine.Image + "/f")!.Value.Allocated, 0, 1 << 20);
        var before = StateMachine.List(machine.Store);
        Assert.Contains("no space is left", Assert.Single(machine.Boot("2").Problems));
        Assert.Equal(before, StateMachine.List(machine.Store));
        Assert.Equal(["key", "manifest"], machine.Control);
        Syscall.Umount(machine.Image);
    }, megabytes: 8, options: "-m 0");

    [Fact]
    public void A_damaged_manifest_is_reported_and_no_file_is_lost() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("echo v1 > left; echo v1 > edited; echo v1 > deleted");
        machine.GoodBoot("1");
        machine.User("echo user > edited; rm deleted; echo user > mine");
        machine.Install("echo v2 > left; echo v2 > edited; echo v2 > deleted");
        foreach (var place in (int[])[5, 80, (int)new FileInfo(machine.Manifest).Length - 5])
        {
            var good = File.ReadAllBytes(machine.Manifest);
            using (var manifest = File.OpenWrite(machine.Manifest))
            {
                manifest.Position = place;
                manifest.WriteByte((byte)(good[place] ^ 1));
            }
            Assert.Contains("is damaged", Assert.Single(machine.Boot("2").Problems));
            Assert.Equal("v1\nuser\nuser\n", StateMachine.Sh($"cd {machine.Store} && cat left edited mine"));
            Assert.Empty(machine.Boot("2").Problems);
            File.WriteAllBytes(machine.Manifest, good);
        }
    });

    [Fact]
    public void A_file_that_cannot_be_replaced_is_reported_and_the_others_follow() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("echo v1 > a; echo v1 > fixed; echo v1 > z");
        machine.GoodBoot("1");
        machine.User("chattr +i fixed");
        machine.Install("echo v2 > a; echo v2 > fixed; echo v2 > z");
        var result = machine.Boot("2");
        Assert.Contains(machine.Store + "/fixed", Assert.Single(result.Problems));
        Assert.Equal("v2\nv1\nv2\n", StateMachine.Sh($"cd {machine.Store} && cat a fixed z"));
        Assert.Equal(0, machine.Boot("2").Compared);
        machine.User("chattr -i fixed");
    });

    [Fact]
    public void Files_of_the_user_are_never_read() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("mkdir d gone; echo v1 > d/f; echo v1 > gone/f; echo v1 > grown");
        machine.GoodBoot("1");
        // An old access time shows whether a file was read since.
        machine.User("mkdir mine; touch mine/f; echo a lot of the users own data > grown; for f in mine mine/f grown; do touch -a -d " +
            "@1000 $f; done");
        StateMachine.Sh($"mount -o remount,strictatime {machine.Scratch}/volume");
        machine.Install("mkdir d; echo v2 > d/f; echo v2 > grown");
        machine.GoodBoot("2");
        Assert.Equal("1000\n1000\n1000\n", StateMachine.Sh($"cd {machine.Store} && stat -c %X mine mine/f grown"));
    });

    private static PersistentSeedResult Both(StateMachine machine, string id) => PersistentSeed.Seed(new(StepClass.Degraded,
    [
        new($"{machine.Image}/a", $"{machine.Target}/etc-a.bind", null), new($"{machine.Image}/b", $"{machine.Target}/etc-b.bind", null),
    ], id));
}
