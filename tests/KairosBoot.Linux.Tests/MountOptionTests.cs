using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>What the mount options prevent a program from doing, and what they must allow.</summary>
public sealed class MountOptionTests
{
    private const string AsNobody = "65534", AsRoot = "0";

    private static void Apply(params Step[] steps) =>
        Assert.All(new StepExecutor(new KernelModules(), MessageLog.None).Apply([.. steps]),
            result => Assert.Null(result.Error?.ToString() ?? result.Shortfall));

    private static string[] Options(string mountPoint) =>
        MountTable.Read().Last(mount => mount.MountPoint == mountPoint).Options.Split(',');

    private static string Flags(string mountPoint) => PathOptions.Canonical(string.Join(',', Options(mountPoint)).Replace("relatime", ""));

    /// <summary>A directory with content, and a store for it.</summary>
    private static BindPersistent Bind(string scratch, string path, string options, bool changes = true)
    {
        Directory.CreateDirectory(scratch + path);
        var directory = new PersistentDirectory(scratch + path, $"{scratch}/state/{path[1..].Replace('/', '-')}.bind", null);
        Directory.CreateDirectory(directory.Store);
        return new BindPersistent(StepClass.Required, directory) { Options = options, ChangesOptions = changes };
    }

    private static string SetUidProgram(string directory)
    {
        var program = directory + "/whoami";
        File.Copy("/usr/bin/id", program);
        MountNamespace.Tool("chown", "0:0", program);
        MountNamespace.Tool("chmod", "4755", program);
        return program;
    }

    private static string UserOf(string program) =>
        MountNamespace.Tool("setpriv", "--reuid", AsNobody, "--regid", AsNobody, "--clear-groups", program, "-u").Trim();

    [Fact]
    public void A_set_uid_program_works_in_opt_but_not_in_home() => MountNamespace.Run(scratch =>
    {
        BindPersistent home = Bind(scratch, "/home", "nosuid,nodev"), opt = Bind(scratch, "/opt", "", changes: false);
        Apply(home, opt);
        Assert.Equal(("nosuid,nodev", ""), (Flags(home.Directory.Path), Flags(opt.Directory.Path)));
        Assert.Equal((AsNobody, AsRoot), (UserOf(SetUidProgram(home.Directory.Path)), UserOf(SetUidProgram(opt.Directory.Path))));
    });

    [Fact]
    public void A_device_node_in_home_cannot_be_opened() => MountNamespace.Run(scratch =>
    {
        BindPersistent home = Bind(scratch, "/home", "nosuid,nodev"), opt = Bind(scratch, "/opt", "", changes: false);
        Apply(home, opt);
        foreach (var bind in (BindPersistent[])[home, opt]) MountNamespace.Tool("mknod", bind.Directory.Path + "/null", "c", "1", "3");
        Assert.Equal(Errno.EACCES,
            Assert.Throws<SyscallException>(() => Syscall.Open(home.Directory.Path + "/null", OpenFlags.ReadOnly)).Errno);
        Syscall.Open(opt.Directory.Path + "/null", OpenFlags.ReadOnly).Dispose();
    });

    [Theory]
    [InlineData("", "nosuid,nodev")]
    [InlineData("", "nosuid,nodev,noexec,noatime")]
    [InlineData("nosuid,noexec", "nodev")]
    [InlineData("nosuid,nodev,noexec", "")]
    [InlineData("noatime", "nosuid,noatime")]
    [InlineData("noatime", "nosuid,relatime")]
    [InlineData("ro", "nosuid,nodev")]
    public void Both_ways_to_set_options_of_a_bind_have_the_same_result(string before, string after) => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/volume");
        var flags = MountOptions.Parse(before).Flags;
        Syscall.Mount("tmpfs", scratch + "/volume", "tmpfs", flags, "");
        List<string> shown = [];
        foreach (var set in (Action<string, MountFlags>[])[MountAttributes.Set, MountAttributes.Remount])
        {
            var place = Directory.CreateDirectory($"{scratch}/{shown.Count}").FullName;
            Syscall.Mount(scratch + "/volume", place, "", MountFlags.Bind, "");
            set(place, MountOptions.Parse(after).Flags);
            shown.Add(string.Join(',', Options(place)));
            Assert.Equal(before == "ro", Options(place)[0] == "ro");
        }
        Assert.Equal(shown[0], shown[1]);
        Assert.Equal(PathOptions.Canonical(after.Replace("relatime", "")), PathOptions.Canonical(shown[0].Replace("relatime", "")));
        Assert.Equal(after.Contains("relatime"), after.Contains("relatime") && shown[0].Contains("relatime"));
        // The volume itself and its other binds keep their options.
        Assert.Equal(PathOptions.Canonical(before), Flags(scratch + "/volume"));
    });

    [Fact]
    public void An_overlay_runs_programs_although_its_store_is_noexec() => MountNamespace.Run(scratch =>
    {
        foreach (var directory in (string[])["/overlays", "/var", "/plain"]) Directory.CreateDirectory(scratch + directory);
        Apply(new MountFileSystem(StepClass.Required, "tmpfs", scratch + "/overlays", "tmpfs", "rw,nosuid,nodev,noexec,mode=0755"),
            new MountOverlay(StepClass.Required, scratch + "/plain", scratch + "/overlays/plain", scratch + "/overlays/plain",
                Keeps: false),
            new MountOverlay(StepClass.Required, scratch + "/var", scratch + "/overlays/var", scratch + "/overlays/var",
                Keeps: false)
            { Options = "nosuid,nodev" });
        Assert.Equal(("nosuid,nodev,noexec", "", "nosuid,nodev"),
            (Flags(scratch + "/overlays"), Flags(scratch + "/plain"), Flags(scratch + "/var")));
        Assert.Equal((AsRoot, AsNobody), (UserOf(SetUidProgram(scratch + "/plain")), UserOf(SetUidProgram(scratch + "/var"))));
    });

    [Fact]
    public void An_image_on_a_noexec_partition_runs_its_programs() => MountNamespace.Run(scratch =>
    {
        foreach (var directory in (string[])["/tree", "/cos-state", "/root"]) Directory.CreateDirectory(scratch + directory);
        SetUidProgram(scratch + "/tree");
        Apply(new MountFileSystem(StepClass.Required, "tmpfs", scratch + "/cos-state", "tmpfs", "rw,"
            + PathOptions.ByTable(SystemPaths.State)));
        MountNamespace.Tool("mksquashfs", scratch + "/tree", scratch + "/cos-state/active.img", "-quiet", "-no-progress");
        Apply(new MountImage(StepClass.Required, scratch + "/cos-state/active.img", scratch + "/root", ReadOnly: true));
        Assert.Equal(AsRoot, UserOf(scratch + "/root/whoami"));
        File.Copy("/usr/bin/id", scratch + "/cos-state/id");
        Assert.Throws<InvalidOperationException>(() => UserOf(scratch + "/cos-state/id"));
    });

    [Fact]
    public void The_options_of_a_mount_that_is_in_use_can_be_changed() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/oem");
        Apply(new MountFileSystem(StepClass.Required, "tmpfs", scratch + "/oem", "tmpfs", "rw,nosuid,nodev"));
        using var open = Syscall.Open(scratch + "/oem/config", OpenFlags.WriteOnly | OpenFlags.Create, Octal.O600);
        Apply(new SetMountOptions(StepClass.Degraded, scratch + "/oem", "noexec"));
        Assert.Equal("noexec", Flags(scratch + "/oem"));
        var failed = new StepExecutor(new KernelModules(),
            MessageLog.None).Apply(new SetMountOptions(StepClass.Degraded, scratch + "/nothing", ""));
        Assert.Contains("mount_setattr", failed.Error?.ToString());
    });
}
