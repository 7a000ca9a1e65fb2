using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>Configs in /oem and the resulting layout.</summary>
public sealed class InstallMountsTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private IReadOnlyList<StageProblem> Merge()
    {
        IReadOnlyList<StageProblem> problems = [];
        root.Inside(() => problems = InstallMounts.Merge("/oem/", SystemPaths.CustomLayout, MessageLog.None, new ConfigDocuments()));
        return problems;
    }

    private Layout Read(string commandLine = "")
    {
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));
        return LayoutReader.Read(request, null, null, root.Has(SystemPaths.CustomLayout) ? root.Read(SystemPaths.CustomLayout) : null);
    }

    private static IEnumerable<string> Added(Layout layout) =>
        layout.PersistentStatePaths.Except(DefaultLayout.PersistentStatePaths)
            .Concat(layout.RwPaths.Except(DefaultLayout.RwPaths).Select(path => path + "*"));

    private const string Both = "install:\n  device: auto\n  bind_mounts: [/var/bind1, /var/bind2/]\n  ephemeral_mounts:\n  - /mnt/eph\n";

    [Theory]
    [InlineData(Both)]
    [InlineData("#cloud-config\n" + Both + "hostname: h\n")]
    [InlineData("install: {bind_mounts: ['/var/bind1 /var/bind2'], ephemeral_mounts: /mnt/eph}")]
    [InlineData("install: {bind_mounts: [/var/bind1, ~, /var/bind2, /var/bind1], ephemeral_mounts: [/mnt/eph]}\nstages: {rootfs: " +
        "[{commands: []}]}")]
    public void Paths_of_an_install_config_are_in_the_layout(string document)
    {
        root.Put("/oem/90.yaml", document, "0600");
        Assert.Empty(Merge());
        Assert.Equal(["/var/bind1", "/var/bind2", "/mnt/eph*"], Added(Read()));
        Assert.Equal("0644 0:0", root.ModeAndOwner(SystemPaths.CustomLayout));
        Assert.Empty(Read().Problems);
    }

    [Fact]
    public void Paths_of_several_configs_are_added_to_those_of_the_layout_file()
    {
        // The file that the Kairos installer writes for the two lists, and one more path.
        root.Put("/oem/10_user_custom_mounts.yaml", """
            stages:
              rootfs:
              - name: user_custom_mounts
                environment_file: /run/cos/custom-layout.env
                environment: {CUSTOM_BIND_MOUNTS: "/own /var/bind1", CUSTOM_EPHEMERAL_MOUNTS: "/mnt/eph", OVERLAY_LIMITS: "/var=1m", TOKEN: "a$b"}
            """, "0400");
        root.Put("/oem/90.yaml", Both, "0600");
        root.Put("/oem/sub/91.yml", "install: {bind_mounts: [/var/bind2, /var/bind3]}", "0600");
        root.Put("/oem/92.yaml", "install: [not, a, mapping]", "0600");
        root.Put("/oem/93.yaml", "a: [", "0600");
        root.Put("/oem/94.txt", "install: {bind_mounts: [/not/read]}", "0600");
        root.Run("rootfs", ["/oem/"]);
        Assert.Empty(Merge());
        Assert.Equal(["/own", "/var/bind1", "/var/bind2", "/var/bind3", "/mnt/eph*"], Added(Read()));
        Assert.Equal("CUSTOM_BIND_MOUNTS=\"/own /var/bind1 /var/bind2 /var/bind3\"\nCUSTOM_EPHEMERAL_MOUNTS=\"/mnt/eph\"\n" +
            "OVERLAY_LIMITS=\"/var=1m\"\nTOKEN=\"a\\$b\"\n",
            root.Read(SystemPaths.CustomLayout));
    }

    [Fact]
    public void A_layout_file_with_all_paths_is_not_written()
    {
        const string written = "# by hand\nCUSTOM_BIND_MOUNTS=/var/bind2//\n";
        root.Put(SystemPaths.CustomLayout, written, "0600");
        root.Put("/oem/90.yaml", "install: {bind_mounts: [/var/bind2], ephemeral_mounts: []}", "0600");
        Assert.Empty(Merge());
        Assert.Equal((written, "0600 0:0"), (root.Read(SystemPaths.CustomLayout), root.ModeAndOwner(SystemPaths.CustomLayout)));
    }

    [Fact]
    public void Without_a_config_there_is_no_layout_file()
    {
        root.Put("/oem/90.yaml", "install: {bind_mounts: }\nname: x", "0600");
        Assert.Empty(Merge());
        Assert.False(root.Has(SystemPaths.CustomLayout));
    }

    [Theory]
    [InlineData("root=LABEL=COS_RECOVERY")]
    [InlineData("kairos.reset")]
    public void In_recovery_and_reset_they_have_no_effect(string commandLine)
    {
        root.Put("/oem/90.yaml", Both, "0600");
        var before = Read(commandLine);
        Assert.Empty(Merge());
        var after = Read(commandLine);
        Assert.Equal(before.RwPaths.AsEnumerable(), after.RwPaths.AsEnumerable());
        Assert.Empty(after.PersistentStatePaths);
        Assert.NotEmpty(Added(Read()));
    }

    [Theory]
    [InlineData("[relative, /ok]", "install.bind_mounts", "relative is not a valid mount point")]
    [InlineData("[/a/../b, /ok]", "install.bind_mounts", "/a/../b is not a valid mount point")]
    [InlineData("[/, /ok]", "install.bind_mounts", "/ is not a valid mount point")]
    [InlineData("[{path: /a}, /ok]", "install.bind_mounts", "a mapping instead of a text")]
    public void An_invalid_path_is_reported_with_its_line_and_the_others_count(string list, string key, string reason)
    {
        root.Put("/oem/90.yaml", $"install:\n  bind_mounts: {list}\n", "0600");
        var problem = Assert.Single(Merge());
        Assert.Equal(("/oem/90.yaml", 2, key), (problem.File, problem.Line, problem.Key));
        Assert.Contains(reason, problem.Reason);
        Assert.Equal(["/ok"], Added(Read()));
    }

    [Fact]
    public void An_unwritable_layout_file_and_dropped_lines_are_problems()
    {
        root.Put("/oem/90.yaml", Both, "0600");
        root.Put(SystemPaths.CustomLayout, "A=1\nnonsense\n", "0600");
        Assert.Equal((SystemPaths.CustomLayout, 2, true), Merge().Select(p => (p.File, p.Line, p.IsWarning)).Single());
        Directory.Delete(root.At("/run"), recursive: true);
        root.Put("/run", "in the way", "0644");
        Assert.Contains("Not a directory", Assert.Single(Merge()).Reason);
    }
}
