using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>What marks the boots of a tree and of the image that is built from it good.</summary>
public class ReporterCheckTests : Scratch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string root;

    public ReporterCheckTests()
    {
        root = SyntheticKernel.MakeSystem(PathOf("root"));
        WriteText("kboot", "the program");
    }

    private void SetInit(string target)
    {
        File.Delete(Path.Combine(root, "sbin/init"));
        SyntheticKernel.WriteProgram(WriteText("root" + target, ""));
        File.CreateSymbolicLink(Path.Combine(root, "sbin/init"), target);
    }

    private BuiltImage Build(bool hasProgram = true, bool isUnassessed = false) => ImageBuilder.Build(
        new(root, Tar: null, ImageFormat.Squashfs, SizeBytes: null, Kernel: null, "virtio", Path.Combine(root, "kairos-boot"),
            hasProgram ? PathOf("kboot") : null)
        {
            WithoutAssessment = isUnassessed,
        }, PathOf("image"));

    [Theory]
    [InlineData("/usr/lib/systemd/systemd", "")]
    [InlineData("/sbin/openrc-init", "/sbin/openrc")]
    public void The_unit_that_a_build_adds_is_enough(string init, string program)
    {
        SetInit(init);
        if (program.Length > 0) WriteText("root" + program, "");
        Assert.Empty(Build().Warnings);
        // Lint sees the tree before the build, and says what to do.
        var warning = ReporterCheck.WarnOfTree(root, []);
        Assert.True(warning!.IsWarning);
        Assert.Contains("build the image with kboot image build, which adds kairosboot-good", warning.Fix);
        Assert.Contains("after three boots the slot is skipped", Assert.Single(Build(hasProgram: false).Warnings).Problem);
    }

    [Fact]
    public void A_masked_unit_is_a_warning_that_names_it()
    {
        SetInit("/usr/lib/systemd/systemd");
        Directory.CreateDirectory(Path.Combine(root, "etc/systemd/system"));
        File.CreateSymbolicLink(Path.Combine(root, "etc/systemd/system/kairosboot-good.service"), "/dev/null");
        Assert.Contains("kairosboot-good.service is masked", Assert.Single(Build().Warnings).Problem);
        Assert.Contains("kboot image build --no-assessment", ReporterCheck.WarnOfTree(root, [])!.Fix);
    }

    [Fact]
    public void A_build_without_assessment_has_the_mark_and_no_warning()
    {
        SetInit("/bin/busybox");
        Assert.Contains("nothing in it runs kboot assess good", Assert.Single(Build().Warnings).Problem);
        File.Delete(PathOf("image"));
        var built = Build(isUnassessed: true);
        Assert.Empty(built.Warnings);
        Assert.Contains(SystemPaths.Unassessed, built.Added);
        HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-d", PathOf("out"), PathOf("image"));
        Assert.True(File.Exists(PathOf("out") + SystemPaths.Unassessed));
        if (Syscall.GetEUid() == 0) Assert.Null(ReporterCheck.WarnOfImage(PathOf("image"), []));
    }

    [RootTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_check_of_an_image_reads_the_configs_of_its_disk(bool hasConfig)
    {
        SetInit("/bin/busybox");
        Build();
        WriteText("config.yaml", "stages:\n  boot:\n    - commands: [kboot assess good]\n");
        Assert.Equal(hasConfig, ReporterCheck.WarnOfImage(PathOf("image"), hasConfig ? [PathOf("config.yaml")] : []) is null);
        Assert.Equal(hasConfig, ReporterCheck.WarnOfTree(root, hasConfig ? [PathOf("config.yaml")] : []) is null);
    }

    public static TheoryData<string, string> Obstacles
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var path in new[]
            {
                "etc/systemd/system/x.service", "etc/systemd/system/multi-user.target.wants", "etc/cron.d/x", "etc/crontab", "etc/rc.local",
                "system/oem/x.yaml", "oem", "usr/lib/kairosboot/no-assessment", "usr/lib/systemd/system/default.target",
            })
            {
                foreach (var kind in new[] { "fifo", "zero", "giant", "link to a fifo", "link to itself", "link out", "deep" })
                    rows.Add(path, kind);
            }

            return rows;
        }
    }

    [RootTheory]
    [MemberData(nameof(Obstacles))]
    public void A_hostile_tree_neither_hangs_the_check_nor_leads_it_out(string path, string kind)
    {
        SetInit("/usr/lib/systemd/systemd");
        WriteText("host/secret", "[Service]\nExecStart=/usr/bin/kboot assess good\n");
        HostTool.Shell($"mkdir -p '{root}/{Path.GetDirectoryName(path)}' && rm -rf '{root}/{path}'");
        HostTool.Shell(kind switch
        {
            "fifo" => $"mkfifo '{root}/{path}'",
            "zero" => $"mknod '{root}/{path}' c 1 5",
            "giant" => $"truncate -s 2T '{root}/{path}'",
            "link to a fifo" => $"mkfifo '{root}/a fifo' && ln -s '/a fifo' '{root}/{path}'",
            "link to itself" => $"ln -s '/{path}' '{root}/{path}'",
            "link out" => $"ln -s '../../../../../../../../../../..{PathOf("host/secret")}' '{root}/{path}'",
            _ => $"mkdir -p '{root}/{path}/{string.Join('/', Enumerable.Repeat("d", 200))}'",
        });
        var check = Task.Run(() => ReporterCheck.Find(root, []).Reporter);
        Assert.True(check.Wait(Patience), "the check hangs");
        // The mark is a file or a link to one; a large file is one, too.
        if (path != "usr/lib/kairosboot/no-assessment") Assert.Null(check.Result);
    }
}
