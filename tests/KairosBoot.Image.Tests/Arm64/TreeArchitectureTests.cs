using KairosBoot.Plan;

namespace KairosBoot.Image.Tests.Arm64;

/// <summary>A tree and the programs that are packed with it are of one architecture, whatever the build host is.</summary>
public class TreeArchitectureTests : Scratch
{
    private const string Shipped = "usr/lib/kairosboot/kairos-boot";

    private readonly string root;

    public TreeArchitectureTests() => root = SyntheticKernel.MakeArm64System(PathOf("root"));

    private string InTree(string path) => Path.Combine(root, path);

    private byte[] Build(string? init = null, string modules = "virtio") =>
        InitrdBuilder.Build(new InitrdRequest(root, null, modules, InitrdCompression.None, init)).Content;

    private void Write(string path, ushort machine)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InTree(path))!);
        File.WriteAllBytes(InTree(path), SyntheticKernel.ElfFor(machine));
    }

    [Fact]
    public void The_kairos_boot_of_the_trees_architecture_is_packed()
    {
        Assert.NotEqual(-1, Build().AsSpan().IndexOf(SyntheticKernel.ElfFor(SyntheticKernel.Arm)));
        Write(Shipped, SyntheticKernel.X86);
        var failure = Assert.Throws<OperatorException>(() => Build());
        Assert.StartsWith("kairos-boot for aarch64 (the initrd's init) not found: looked at ", failure.Problem);
        Assert.Contains($"{InTree(Shipped)} (is for x86_64)", failure.Problem);
        Assert.Contains("arm64/kairos-boot", failure.Problem);
        Assert.StartsWith("build arm64/kairos-boot with initrd/build.sh --arch arm64", failure.Fix);
    }

    [Fact]
    public void A_given_kairos_boot_of_another_architecture_is_refused()
    {
        File.WriteAllBytes(PathOf("init"), SyntheticKernel.ElfFor(SyntheticKernel.X86));
        var failure = Assert.Throws<OperatorException>(() => Build(PathOf("init")));
        Assert.Contains("is for x86_64, but", failure.Problem);
        Assert.Contains("built for aarch64", failure.Fix);
    }

    [Fact]
    public void A_tree_of_a_PC_takes_no_kairos_boot_for_arm64()
    {
        File.WriteAllBytes(InTree($"boot/vmlinuz-{SyntheticKernel.Release}"), SyntheticKernel.BzImage(SyntheticKernel.Release));
        var failure = Assert.Throws<OperatorException>(() => Build());
        Assert.Contains($"{InTree(Shipped)} (is for aarch64)", failure.Problem);
        Assert.Contains("--arch amd64", failure.Fix);
    }

    [Theory]
    [InlineData("usr/lib/init")]
    [InlineData("usr/bin/kboot")]
    [InlineData(Shipped)]
    public void Lint_finds_each_program_of_another_architecture(string path)
    {
        foreach (var directory in "dev proc sys run tmp oem home mnt opt root srv usr/local var".Split(' '))
            Directory.CreateDirectory(InTree(directory));
        File.CreateSymbolicLink(InTree("boot/vmlinuz"), $"vmlinuz-{SyntheticKernel.Release}");
        HostTool.Run("chmod", "755", InTree("usr/lib/init"));
        Write("usr/bin/kboot", SyntheticKernel.Arm);
        SyntheticKernel.Pack(root, "virtio", InTree(Shipped));
        Assert.Empty(TreeLint.Check(root));

        foreach (var machine in (ushort[])[SyntheticKernel.X86, 243])
        {
            Write(path, machine);
            var finding = Assert.Single(TreeLint.Check(root));
            var shown = path == "usr/lib/init" ? "/sbin/init" : "/" + path;
            Assert.Equal(($"{shown} is for {(machine == 243 ? "riscv64" : "x86_64")}, but /boot/vmlinuz is for aarch64", false),
                (finding.Problem, finding.IsWarning));
        }
    }

    [Fact]
    public void Lint_finds_an_initrd_of_another_architecture()
    {
        File.WriteAllBytes(InTree($"boot/vmlinuz-{SyntheticKernel.Release}"), SyntheticKernel.BzImage(SyntheticKernel.Release));
        File.WriteAllBytes(PathOf("init"), SyntheticKernel.ElfFor(SyntheticKernel.X86));
        SyntheticKernel.Pack(root, "virtio", PathOf("init"));
        File.WriteAllBytes(InTree($"boot/vmlinuz-{SyntheticKernel.Release}"), SyntheticKernel.Arm64Image);
        Assert.Contains(TreeLint.Check(root), finding => !finding.IsWarning
            && finding.Problem == "/boot/initrd of the tree is for x86_64, but its /boot/vmlinuz is for aarch64");
    }

    [Fact]
    public void An_image_gets_no_kboot_of_another_architecture()
    {
        HostTool.Run("chmod", "755", InTree("usr/lib/init"));
        Directory.CreateDirectory(InTree("usr/lib/systemd"));
        File.WriteAllText(InTree("usr/lib/systemd/systemd"), "");
        Directory.CreateDirectory(PathOf("host"));
        File.WriteAllBytes(PathOf("host/kboot"), SyntheticKernel.ElfFor(SyntheticKernel.X86));
        ImageRequest request = new(root, null, ImageFormat.Ext4, null, null, "virtio", null, PathOf("host/kboot"));
        var failure = Assert.Throws<OperatorException>(() => ImageBuilder.Build(request, PathOf("image")));
        Assert.Equal("the tree is for aarch64 and needs a kboot, but this kboot is for x86_64", failure.Problem);
        Assert.StartsWith("build arm64/kboot with initrd/build.sh --arch arm64", failure.Fix);

        Write("usr/bin/kboot", SyntheticKernel.Arm);
        Assert.DoesNotContain("/usr/bin/kboot", ImageBuilder.Build(request, PathOf("image")).Added);
        HostTool.DebugFs(PathOf("image"), $"dump /usr/bin/kboot {PathOf("kboot")}");
        Assert.Equal("aarch64", ProcessorArchitecture.OfProgram(File.ReadAllBytes(PathOf("kboot"))));
    }

    [Fact]
    public void The_default_modules_are_those_of_the_kernels_architecture()
    {
        ModuleGraph Graph(params string[] names) => new("6.1.0", [.. names.Select(name => new ModuleFile(name, $"kernel/{name}.ko", []))],
            [], [], new HashSet<string>());
        var graph = Graph("nvme", "sdhci_iproc", "ahci_mvebu");
        IEnumerable<string> Select(string set, Architecture? architecture) => ModuleSet.Select(graph, set, architecture).Wanted.Order();
        Assert.Equal(["ahci_mvebu", "nvme", "sdhci_iproc"], Select("generic", Architecture.Arm64));
        Assert.Equal(["nvme"], Select("generic", Architecture.Amd64));
        Assert.Equal(["nvme"], Select("generic", null));
        Assert.Equal(["ahci_mvebu", "sdhci_iproc"], Select("arm64", Architecture.Amd64));
    }
}
