namespace KairosBoot.Plan.Tests;

/// <summary>The advice is one imperative for each kind of step and each class of error.</summary>
public sealed class TroubleFixTests
{
    private const string Place = "/sysroot/usr/local/.state/etc-ssh.bind";

    private static readonly PersistentDirectory Ssh = new("/sysroot/etc/ssh", Place, null);

    private static readonly Step[] Kinds =
    [
        new MountFileSystem(StepClass.Required, "tmpfs", "/sysroot/tmp", "tmpfs", "rw"),
        new MountImage(StepClass.Required, "/run/initramfs/cos-state/cOS/active.img", "/sysroot", ReadOnly: true),
        new MountOverlay(StepClass.Required, "/sysroot/etc", "/run/overlay/etc", "/run/overlay/etc", Keeps: false),
        new MountVolume(StepClass.Required, new BlockDevice("vda6", "vda", 6, 1 << 20), "/sysroot/data", VolumePolicy.Default,
            FileSystemChecks.Default),
        new SeedPersistent(StepClass.Required, [Ssh]),
        new BindPersistent(StepClass.Required, Ssh),
        new SetMountOptions(StepClass.Required, "/sysroot/oem", "nodev"),
        new WriteFile(StepClass.Required, "/sysroot/etc/fstab", "text"),
        new KeepFile(StepClass.Required, "/init", "/kept", "/run/initramfs/shutdown", ["oldroot"]),
        new SetClock(StepClass.Required, "/sysroot", []),
        new CommitMachineId(StepClass.Required, "/sysroot/etc/machine-id", []),
        new BindMount(StepClass.Required, "/sysroot", "/run/rootfsbase", "/sysroot"),
        new WriteLink(StepClass.Required, "/run/immucore", "/run/kairosboot"),
        new LinkExtensions(StepClass.Required, "/var/lib/kairos/extensions/active", "/run/extensions"),
    ];

    public static TheoryData<string, Trouble> All
    {
        get
        {
            var rows = new TheoryData<string, Trouble>();
            foreach (var step in Kinds)
                foreach (var trouble in Enum.GetValues<Trouble>()) rows.Add(step.GetType().Name, trouble);
            return rows;
        }
    }

    [Fact]
    public void The_table_has_every_kind_of_step() => Assert.Equal(
        typeof(Step).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Step))).Select(type => type.Name).Order(),
        Kinds.Select(step => step.GetType().Name).Order());

    [Theory]
    [MemberData(nameof(All))]
    public void Each_error_of_each_step_has_a_fix(string kind, Trouble trouble)
    {
        var fix = TroubleFix.Of(Kinds.Single(step => step.GetType().Name == kind), trouble);
        Assert.Contains(fix.Split(' ')[0], (string[])["add", "check", "end", "find", "free", "give", "read", "remove", "write"]);
        Assert.DoesNotContain('\n', fix);
        // The running system has no /sysroot.
        Assert.DoesNotContain("/sysroot", fix);
        Assert.False(fix.EndsWith('.'), fix);
    }

    [Fact]
    public void An_empty_plan_of_stores_has_a_place() =>
        Assert.EndsWith(" /", TroubleFix.Of(new SeedPersistent(StepClass.Required, []), Trouble.Full));
}
