using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace KairosBoot.Plan.Tests;

/// <summary>Layouts with many mounts: the order of the plan, and what planning and checking them costs.</summary>
public sealed class ManyMountsTests
{
    private static readonly BlockDevice Device = new("vda6", "vda", 6, 1 << 30)
    {
        Superblock = new Superblock("ext4", "COS_PERSISTENT", "u-1", 1 << 30), PartUuid = "p-6",
    };

    private static Layout Read(string text) =>
        LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")), text, null, null);

    private static ImmutableArray<Step> Plan(Layout layout) => LayoutPlan.For(layout,
        [.. layout.Volumes.Select((volume, i) => new FoundVolume(volume, Device with { Name = $"vd{(char)('a' + i)}1" }))], null);

    [Fact]
    [SuppressMessage("Security", "CA5394", Justification = "repeatable layouts")]
    public void Each_mount_is_the_first_by_depth_and_name_that_waits_for_no_other()
    {
        var random = new Random(19);
        for (var round = 0; round < 300; round++)
        {
            var layout = RandomLayout(random);
            var steps = Plan(layout).Where(step => step.Mount?.Target.StartsWith("/sysroot/", StringComparison.Ordinal) == true);
            var made = steps.Select(step => (Path: step.Mount!.Target["/sysroot".Length..], NeedsState: step is BindPersistent)).ToList();
            Assert.Equal(Expected(made, layout.PersistentStateTarget), made.Select(mount => mount.Path));
            Assert.Equal(layout.Volumes.Length + layout.RwPaths.Count(path => !layout.PersistentStatePaths.Contains(path)
                && layout.Volumes.All(volume => volume.Path != path)) + layout.PersistentStatePaths.Length, made.Count);
        }
    }

    // The rule itself, in quadratic time.
    private static List<string> Expected(List<(string Path, bool NeedsState)> mounts, string target)
    {
        var left = mounts.OrderBy(mount => MountPath.Depth(mount.Path)).ThenBy(mount => mount.Path, StringComparer.Ordinal).ToList();
        var order = new List<string>();
        while (left.Count > 0)
        {
            var next = left.First(mount => !left.Any(other => other != mount
                && ((MountPath.IsInside(mount.Path, other.Path) && mount.Path != other.Path)
                    || (mount.NeedsState && MountPath.IsInside(target, other.Path)))));
            order.Add(next.Path);
            left.Remove(next);
        }
        return order;
    }

    [SuppressMessage("Security", "CA5394", Justification = "repeatable layouts")]
    private static Layout RandomLayout(Random random)
    {
        string[] names = ["a", "b", "a-b", "home", "etc", "usr", "local", "srv"];
        string Any() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/" + names[random.Next(names.Length)]));
        // Volumes and overlays may be on the way to the state directory, persistent paths may not.
        var target = random.Next(3) switch { 0 => "/usr/local/.state", 1 => "/srv/a/b/state", _ => Any() + "/x/y/z" };
        var parts = target.Split('/');
        string Above() => string.Join('/', parts[..random.Next(2, parts.Length)]);
        var volumes = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(2) == 0 ? Above() : Any()).Distinct().ToList();
        var overlays = Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.Next(3) == 0 ? Above() : Any()).Distinct().ToList();
        var stored = Enumerable.Range(0, random.Next(0, 30)).Select(_ => Any()).Distinct()
            .Where(path => !MountPath.IsInside(target, path)
                && !volumes.Concat(overlays).Any(other => MountPath.IsInside(target, other) && MountPath.IsInside(other, path))
                && !volumes.Contains(path)).ToList();
        return Read($"VOLUMES=\"{string.Join(' ', volumes.Select((path, i) => $"LABEL=D{i}:{path}"))}\"\n" +
            $"RW_PATHS=\"{string.Join(' ', overlays)}\"\nPERSISTENT_STATE_PATHS=\"{string.Join(' ', stored)}\"\n" +
            $"PERSISTENT_STATE_TARGET={target}\n");
    }

    [Fact]
    public void The_mount_that_contains_a_path_is_the_last_one_with_the_longest_mount_point()
    {
        var mounts = MountInfo.Parse(
            """
            1 0 7:0 / / ro - rootfs first rw
            2 1 7:0 / /sysroot ro - ext4 image ro
            3 1 7:0 / /sysroot/usr/local ro - ext4 hidden ro
            4 1 7:0 / /sysroot/usr/local rw - ext4 volume rw
            5 1 7:0 / /sysroot/usr/local-more rw - ext4 other rw
            """);
        var visible = new VisibleMounts(mounts);
        Assert.Equal("volume", visible.Holding("/sysroot/usr/local/.state/etc-ssh.bind")?.Source);
        Assert.Equal("volume", visible.Holding("/sysroot/usr/local")?.Source);
        Assert.Equal("image", visible.Holding("/sysroot/usr/local.more")?.Source);
        Assert.Equal("first", visible.Holding("/run")?.Source);
        Assert.Equal("first", visible.Holding("/")?.Source);
        Assert.Equal("volume", visible.At("/sysroot/usr/local")?.Source);
        Assert.Null(visible.At("/sysroot/usr"));
        Assert.Null(new VisibleMounts([]).Holding("/a/b"));
    }

    [Fact]
    public void Planning_and_checking_500_binds_allocates_little_for_each_of_them()
    {
        // The first pass of each size fills what is created once.
        foreach (var count in (int[])[20, 250, 500]) _ = Allocated(count);
        var (half, whole) = (Allocated(250), Allocated(500));
        // Twice the mounts: twice the memory, apart from what does not depend on their number.
        Assert.InRange(whole, 1, 2.2 * half);
        Assert.InRange(whole / 500, 1, 6000);
    }

    private static long Allocated(int count)
    {
        var paths = Enumerable.Range(0, count).Select(i => $"/var/lib/app{i:d4}").ToList();
        var text = "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=\"/etc /var\"\n" +
            $"PERSISTENT_STATE_PATHS=\"{string.Join(' ', paths)}\"\n";
        var table = "1 0 7:0 / /sysroot ro - ext4 /dev/loop0 ro\n2 1 8:1 / /sysroot/usr/local rw - ext4 /dev/vda1 rw\n" +
            string.Concat(paths.Select((path, i) =>
                $"{i + 3} 1 8:1 /.state/{StoreFileName.Of(path)}.bind /sysroot{path} rw - ext4 /dev/vda1 rw\n"));
        var start = GC.GetAllocatedBytesForCurrentThread();
        var plan = Plan(Read(text));
        var actual = new VisibleMounts(MountInfo.Parse(table));
        var mounted = ImmutableArray.CreateBuilder<(PlannedMount, MountInfo)>();
        foreach (var step in plan)
        {
            if (step is not BindPersistent) continue;
            var mount = step.Mount!;
            Assert.Null(MountCheck.Compare(mount, actual));
            mounted.Add((mount, actual.At(mount.Target)!));
        }
        Assert.Contains("/var/lib/app0001", FsTab.Text(mounted.ToImmutable()), StringComparison.Ordinal);
        return GC.GetAllocatedBytesForCurrentThread() - start;
    }
}
