using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>kboot run, without starting a machine.</summary>
public sealed class RunCommandTests : Scratch
{
    private const string ImageId = "cos-img/filename=/cOS/active.img";
    private readonly string image;

    public RunCommandTests()
    {
        var root = SyntheticKernel.MakeBootable(PathOf("root"));
        Directory.CreateDirectory(Path.Combine(root, "usr/lib/kairosboot/kargs.d"));
        File.WriteAllText(Path.Combine(root, "usr/lib/kairosboot/kargs.d/one.conf"), "nosmt\n");
        image = PathOf("system.img");
        ImageBuilder.Build(new ImageRequest(root, null, ImageFormat.Ext4, null, null, "virtio", Path.Combine(root, "kairos-boot")), image);
    }

    [Fact]
    public void A_disk_is_started_as_it_is()
    {
        DiskBuilder.Build(new(image, null, [], null, ""), PathOf("disk.raw"));
        Assert.Equal(QemuCommand.Text(new VirtualMachine(PathOf("disk.raw"))), Assert.Single(Print(Request(PathOf("disk.raw")))));
    }

    [Fact]
    public void The_kernel_of_a_disk_comes_out_of_its_active_image_and_the_printed_commands_do_the_same()
    {
        DiskBuilder.Build(new(image, null, [], null, ""), PathOf("disk.raw"));
        var disk = DiskFile.Open(PathOf("disk.raw"));
        var files = KernelFiles.Read(disk, default);
        Assert.Equal(SyntheticKernel.BzImage(SyntheticKernel.Release), files.Kernel);
        Assert.Equal(File.ReadAllBytes(PathOf("root/boot/initrd")), files.Initrd);
        Assert.Equal("nosmt", files.Arguments);

        HostTool.Shell($"cd '{PathOf("")}' && {string.Join(" && ", files.Commands)}");
        Assert.Equal(files.Kernel, File.ReadAllBytes(PathOf(KernelFiles.KernelName)));
        Assert.Equal(files.Initrd, File.ReadAllBytes(PathOf(KernelFiles.InitrdName)));
        var line = Print(Request(PathOf("disk.raw")) with { IsDirect = true, KernelArguments = "quiet" })[^1];
        Assert.Contains(
            $"-kernel vmlinuz -initrd initrd -append '{ImageId} root=LABEL=COS_ACTIVE panic=10 console=ttyS0 nosmt quiet'", line);
    }

    [Fact]
    public void An_image_gets_a_temporary_disk()
    {
        var config = WriteText("my.yaml", "stages: {}\n");
        var lines = Print(Request(image) with { CloudConfigs = [config], KernelArguments = "quiet" });
        Assert.Equal($"kboot disk build --image {image} --output disk.raw --cloud-config {config} --append=quiet", lines[0]);
        Assert.Equal(QemuCommand.Text(new VirtualMachine("disk.raw")), lines[1]);
    }

    [Fact]
    public void What_cannot_be_started_is_refused_with_a_reason()
    {
        DiskBuilder.Build(new(image, null, [], null, ""), PathOf("disk.raw"));
        var disk = Request(PathOf("disk.raw"));
        Refused(Request(PathOf("none")), "does not exist");
        Refused(Request(PathOf("")), "is neither a file nor a block device");
        Refused(Request(WriteText("text", "text")), "is neither a disk with a GPT nor an OS image");
        Refused(Request(image) with { Machine = new VirtualMachine("") { KeepsWrites = true } }, "--keep needs a disk");
        Refused(disk with { CloudConfigs = ["a"] }, "--cloud-config needs an OS image");
        Refused(disk with { KernelArguments = "a" }, "--append needs --direct or an OS image");
        File.WriteAllBytes(PathOf("disk.qcow2"), [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3]);
        Assert.Contains("format=qcow2", Print(Request(PathOf("disk.qcow2")))[0]);
        Refused(Request(PathOf("disk.qcow2")) with { IsDirect = true }, "is a qcow2 file, whose content kboot cannot read");
        HostTool.Run("mkfifo", PathOf("pipe"));
        Refused(Request(PathOf("pipe")), "is neither a file nor a block device");
    }

    private static MachineRequest Request(string disk) => new(disk) { Machine = new VirtualMachine(disk) };

    private static IReadOnlyList<string> Print(MachineRequest request) => MachineStart.Print(request, default);

    private static void Refused(MachineRequest request, string problem) =>
        Assert.Contains(problem, Assert.Throws<OperatorException>(() => Print(request)).Problem);
}
