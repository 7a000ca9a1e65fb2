using System.Collections.Immutable;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>A volume with many persistent paths that cannot be used: one message, not one for each path.</summary>
public sealed class LostVolumeTests
{
    private const int Paths = 40;

    [Theory]
    [InlineData("missing")]
    [InlineData("unmountable")]
    [InlineData("read-only")]
    public void A_volume_that_cannot_be_used_is_one_message(string kind) => MountNamespace.Run(scratch =>
    {
        foreach (var isBind in (bool[])[true, false])
        {
            var root = Root(scratch + (isBind ? "/bind" : "/overlay"));
            var layout = LayoutOf(isBind);
            var steps = Steps(root, layout, kind == "missing" ? null : Volume(scratch, root, layout, exists: kind == "read-only"));
            var messages = new List<string>();
            var results = new StepExecutor(new KernelModules(), new ListLog(messages, LogLevel.Warning)).Apply(steps);
            Assert.True(messages.Count == (kind == "missing" ? 0 : 1), string.Join("\n", messages.Take(3)));
            if (kind == "unmountable") Assert.Contains("; not persistent without it: /p0, /p1, /p2", messages[0]);
            if (kind == "unmountable") Assert.Contains(" and 32 more", messages[0]);
            if (kind == "read-only") Assert.Contains("a persistent path that has no store on it yet is not persistent", messages[0]);
            // The report has the result of each step.
            Assert.Equal(Paths, results.Count(result => result.Step is BindPersistent or MountOverlay
                && (result.Error is not null || result.Shortfall is not null)));
        }
    });

    [Fact]
    public void Another_failure_of_a_path_has_its_own_message() => MountNamespace.Run(scratch =>
    {
        var root = Root(scratch + "/root");
        // A store that is no directory, on a volume that is whole.
        Syscall.Mount("tmpfs", root + "/usr/local", "tmpfs", MountFlags.None, "");
        Directory.CreateDirectory(root + "/usr/local/.state");
        File.WriteAllText(root + "/usr/local/.state/p1.bind", "");
        var mount = new MountFileSystem(StepClass.Degraded, "tmpfs", root + "/usr/local/extra", "tmpfs", "rw");
        var messages = new List<string>();
        var volume = new StepResult(new MountFileSystem(StepClass.Degraded, "tmpfs", root + "/usr/local", "tmpfs", "rw"), null, 0);
        var executor = new StepExecutor(new KernelModules(), new ListLog(messages, LogLevel.Warning));
        foreach (var step in Steps(root, LayoutOf(isBind: true), volume: null).Prepend(mount))
            executor.Apply(step, [volume]);
        // The store that could not be created, and the path without it.
        Assert.Equal(2, messages.Count);
    });

    // A read-only image with a directory for each path.
    private static string Root(string root)
    {
        Directory.CreateDirectory(root);
        Syscall.Mount("tmpfs", root, "tmpfs", MountFlags.None, "");
        Directory.CreateDirectory(root + "/usr/local");
        for (var at = 0; at < Paths; at++) Directory.CreateDirectory($"{root}/p{at}");
        Syscall.Mount("none", root, "", MountFlags.Remount | MountFlags.ReadOnly, "");
        return root;
    }

    private static Layout LayoutOf(bool isBind) => LayoutReader.Read(BootRequestParser.Parse(KernelCommandLine.Parse("")),
        $"VOLUMES=\"LABEL=COS_PERSISTENT:/usr/local\"\nPERSISTENT_STATE_BIND={(isBind ? "true" : "false")}\n" +
        $"PERSISTENT_STATE_PATHS=\"{string.Join(' ', Enumerable.Range(0, Paths).Select(at => $"/p{at}"))}\"\n", null, null);

    private static MountVolume Volume(string scratch, string root, Layout layout, bool exists)
    {
        var device = new BlockDevice("none", "none", 1, 1 << 24) { Superblock = new("ext4", "COS_PERSISTENT", "u", 1 << 24) };
        if (exists)
        {
            var file = scratch + "/volume";
            File.Delete(file);
            MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", file, "16M");
            // The driver refuses to write to a device that the kernel write-protects.
            using var loop = LoopDevice.Attach(file, readOnly: true);
            device = device with { Name = PathParts.NameOf(loop.Path) };
            Directory.CreateDirectory(scratch + "/keep");
            Syscall.Mount(loop.Path, scratch + "/keep", "ext4", MountFlags.ReadOnly, "");
        }

        return new(StepClass.Degraded, device, root + "/usr/local", VolumePolicy.Default, FileSystemChecks.Default)
        {
            Lost = StoredPaths.Lost(layout, "/usr/local"),
        };
    }

    // The plan of the layout, in a root of the test.
    private static ImmutableArray<Step> Steps(string root, Layout layout, MountVolume? volume)
    {
        string At(string path) => root + path[SystemPaths.Sysroot.Length..];
        PersistentDirectory In(PersistentDirectory directory) => new(At(directory.Path), At(directory.Store), null);
        var steps = LayoutPlan.For(layout, [], null).Select(Step? (step) => step switch
        {
            SeedPersistent seed => seed with { Directories = [.. seed.Directories.Select(In)], StoreVolume = At(seed.StoreVolume!) },
            BindPersistent bind => bind with { Directory = In(bind.Directory), StoreVolume = At(bind.StoreVolume!) },
            MountOverlay { Keeps: true } overlay =>
                overlay with { Target = At(overlay.Target), Store = At(overlay.Store), StoreVolume = At(overlay.StoreVolume!) },
            _ => null,
        });
        return [.. volume is null ? [] : (Step[])[volume], .. steps.OfType<Step>()];
    }
}
