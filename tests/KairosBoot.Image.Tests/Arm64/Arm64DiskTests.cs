using KairosBoot.Plan;

namespace KairosBoot.Image.Tests.Arm64;

/// <summary>A disk for arm64, with GRUB out of the image: a build host has no GRUB for another architecture by itself.</summary>
public class Arm64DiskTests : Scratch
{
    private const string Efi = "MZ the GRUB of the image";

    private readonly string root, image;

    public Arm64DiskTests()
    {
        root = SyntheticKernel.MakeArm64System(PathOf("root"));
        HostTool.Run("chmod", "755", Path.Combine(root, "usr/lib/init"));
        WriteText("root/usr/lib/kairosboot/grub/bootaa64.efi", Efi);
        image = Build("image", ImageFormat.Ext4);
    }

    private string Build(string name, ImageFormat format, string? grub = null)
    {
        ImageBuilder.Build(new ImageRequest(root, null, format, null, null, "virtio", null) { Grub = grub }, PathOf(name));
        return PathOf(name);
    }

    private DiskLayout Disk(string? recovery = null) => DiskBuilder.Build(new(image, recovery, [], null, ""), PathOf("disk"));

    [Fact]
    public void Only_UEFI_firmware_for_arm64_finds_grub()
    {
        var layout = Disk();
        Assert.Contains("No problems found", HostTool.Run("sgdisk", "-v", PathOf("disk")));
        var esp = $"{PathOf("disk")}@@{layout.Esp.Start}";
        Assert.Equal("::/EFI/BOOT/BOOTAA64.EFI", HostTool.Run("mdir", "-b", "-i", esp, "::/EFI/BOOT").Trim());
        Assert.Equal(Efi, HostTool.Run("mtype", "-i", esp, "::/EFI/BOOT/BOOTAA64.EFI"));

        // The numbers of the partitions are those of other disks; the code of a BIOS is not there.
        Assert.Equal([1, 2, 3, 4, 5, 6], layout.Partitions.Select(partition => partition.Number).Order());
        Assert.Equal(5, layout.State.Number);
        using var disk = File.OpenRead(PathOf("disk"));
        var code = new byte[440];
        disk.ReadExactly(code);
        Assert.All(code, octet => Assert.Equal(0, octet));
        var core = new byte[layout.Bios.Size];
        disk.Position = layout.Bios.Start;
        disk.ReadExactly(core);
        Assert.All(core, octet => Assert.Equal(0, octet));

        var menu = HostTool.DebugFs($"{PathOf("disk")}?offset={layout.State.Start}", "cat /grub/grub.cfg");
        Assert.Contains("menuentry", menu);
        Assert.DoesNotContain("console=", menu);
    }

    [Fact]
    public void A_disk_and_an_image_are_started_by_an_emulator_of_their_architecture()
    {
        Disk();
        foreach (var file in new[] { PathOf("disk"), image })
        {
            MachineRequest request = new(file) { Machine = new VirtualMachine(file), IsDirect = true };
            var line = MachineStart.Print(request, default)[^1];
            Assert.StartsWith("qemu-system-aarch64 -M virt,", line);
            Assert.EndsWith("virtio-blk-pci,drive=disk", line);
            Assert.Contains("root=LABEL=COS_ACTIVE panic=10'", line); // no console
            Assert.StartsWith("qemu-system-x86_64 ", MachineStart.Print(request with { Architecture = Architecture.Amd64 }, default)[^1]);
        }
    }

    [Fact]
    public void The_same_inputs_make_the_same_disk()
    {
        Disk();
        File.Move(PathOf("disk"), PathOf("first"));
        Disk();
        HostTool.Run("cmp", PathOf("first"), PathOf("disk"));
    }

    [Fact]
    public void A_recovery_image_of_another_architecture_is_refused()
    {
        Disk(recovery: Build("recovery", ImageFormat.Squashfs));
        File.Delete(PathOf("disk"));
        var other = SyntheticKernel.MakeSystem(PathOf("other"));
        ImageBuilder.Build(new ImageRequest(other, null, ImageFormat.Squashfs, null, null, "virtio", Path.Combine(other, "kairos-boot")),
            PathOf("pc"));
        var failure = Assert.Throws<OperatorException>(() => Disk(recovery: PathOf("pc")));
        Assert.Equal($"{PathOf("pc")} is for x86_64, but {image} is for aarch64", failure.Problem);
        Assert.Contains("aarch64", failure.Fix);
        Assert.False(File.Exists(PathOf("disk")));
    }

    [Fact]
    public void Without_grub_in_the_image_and_on_the_host_the_package_is_named()
    {
        Directory.Delete(Path.Combine(root, "usr/lib/kairosboot/grub"), recursive: true);
        File.Delete(image);
        var absent = Assert.Throws<OperatorException>(() => Build("image", ImageFormat.Ext4, grub: PathOf("nothing")));
        Assert.Contains("GRUB for arm64-efi is not installed", absent.Problem);
        Assert.Contains("grub-efi-arm64-bin", absent.Fix);
        if (Directory.Exists("/usr/lib/grub/arm64-efi")) return; // the host's GRUB is taken

        Build("image", ImageFormat.Ext4);
        Assert.Contains("grub-efi-arm64-bin", Assert.Throws<OperatorException>(() => Disk()).Fix);
    }

    [Fact]
    public void No_disk_is_made_for_an_architecture_without_a_boot_loader_here()
    {
        File.WriteAllBytes(Path.Combine(root, "boot", $"vmlinuz-{SyntheticKernel.Release}"),
            [.. new byte[0x38], .. "RSC\x05"u8, .. new byte[64]]);
        File.WriteAllBytes(Path.Combine(root, "usr/lib/init"), SyntheticKernel.ElfFor(243));
        File.WriteAllBytes(Path.Combine(root, "usr/lib/kairosboot/kairos-boot"), SyntheticKernel.ElfFor(243));
        File.Delete(image);
        Build("image", ImageFormat.Ext4);
        Assert.Contains("is for riscv64 (by its /boot/vmlinuz), and kboot makes disks only for x86_64 and aarch64",
            Assert.Throws<OperatorException>(() => Disk()).Problem);
    }
}
