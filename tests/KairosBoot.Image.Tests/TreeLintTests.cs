using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class TreeLintTests : Scratch
{
    private readonly string root;

    public TreeLintTests() => root = SyntheticKernel.MakeBootable(PathOf("root"));

    private TreeFinding Single() => Assert.Single(TreeLint.Check(root));

    [Fact]
    public void A_tree_that_boots_has_no_findings() => Assert.Empty(TreeLint.Check(root));

    [Fact]
    public void Each_file_that_a_build_would_add_is_a_warning()
    {
        Directory.Delete(Path.Combine(root, "oem"));
        File.Delete(Path.Combine(root, "boot/vmlinuz"));
        File.Delete(Path.Combine(root, "boot/initrd"));
        var findings = TreeLint.Check(root);
        Assert.Equal(["/oem", "/boot/vmlinuz", "/boot/initrd"],
            findings.Select(finding => finding.Problem.Split(' ').First(word => word.StartsWith('/'))));
        Assert.All(findings, finding => Assert.True(finding.IsWarning));
    }

    [Fact]
    public void A_mount_point_that_is_no_directory_is_an_error()
    {
        Directory.Delete(Path.Combine(root, "oem"));
        WriteText("root/oem", "");
        Assert.Equal(("/oem is not a directory, so nothing can be mounted on it", false), (Single().Problem, Single().IsWarning));
        File.Delete(Path.Combine(root, "oem"));
        File.CreateSymbolicLink(Path.Combine(root, "oem"), "/nowhere");
        Assert.Contains("/oem is not a directory", Single().Problem);
    }

    [Fact]
    public void Every_problem_of_the_tree_is_reported()
    {
        WriteText("root/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        WriteText("root/etc/ssh/ssh_host_rsa_key", "secret");
        File.Delete(Path.Combine(root, "sbin/init"));
        Assert.Equal(3, TreeLint.Check(root).Count(finding => !finding.IsWarning));
    }

    [Fact]
    public void An_initrd_without_disk_drivers_is_an_error()
    {
        SyntheticKernel.Pack(root, "squashfs");
        Assert.Contains("no disk driver", Single().Problem);
        WriteText("root/boot/initrd", "an initrd of another kind");
        Assert.Contains("cannot be read as an initrd", Single().Problem);
    }

    [Fact]
    public void A_debug_shell_in_the_initrd_is_a_warning()
    {
        SyntheticKernel.Pack(root, "virtio", debugShell: Path.Combine(root, "usr/lib/init"));
        Assert.True(Single().IsWarning);
        Assert.Contains("/boot/initrd has a shell that kairosboot.shell=always opens without a password", Single().Problem);
    }

    [Fact]
    public void An_initrd_of_another_kernel_is_an_error()
    {
        Directory.Move(Path.Combine(root, "lib/modules/6.1.0-test"), Path.Combine(root, "lib/modules/6.2.0"));
        Assert.Contains("for the kernel 6.1.0-test, but the tree has no modules for it", Single().Problem);
    }

    [Theory]
    [InlineData(": > boot/vmlinuz", "/boot/vmlinuz is empty")]
    [InlineData("head -c 1M /dev/zero > boot/vmlinuz", "/boot/vmlinuz is not a kernel in a known format")]
    [InlineData("truncate -s 2000 boot/vmlinuz", "/boot/vmlinuz is truncated: its header describes 2049 bytes, but the file has 2000")]
    [InlineData("ln -sfn none boot/vmlinuz", "/boot/vmlinuz is a link to a file that does not exist")]
    [InlineData("rm boot/vmlinuz; mkdir boot/vmlinuz", "/boot/vmlinuz is not a regular file")]
    [InlineData("chmod 644 usr/lib/init", "/sbin/init is not executable")]
    [InlineData("echo init > usr/lib/init", "/sbin/init is neither an ELF program nor a script")]
    [InlineData("echo '#!/bin/none -x' > usr/lib/init", "/bin/none, which /sbin/init needs, does not exist")]
    [InlineData("cp $(readlink -f /bin/ls) usr/lib/init", "/lib64/ld-linux-x86-64.so.2, which /sbin/init needs, does not exist")]
    [InlineData("echo '#!/sbin/init' > usr/lib/init", "/sbin/init is a script with more than 5 interpreters in a row")]
    [InlineData("rm -r etc; touch etc", "/etc is not a directory, so nothing can be mounted on it")]
    [InlineData("rm usr/lib/init; mkdir usr/lib/init", "/sbin/init is not a regular file")]
    [InlineData("mv boot/vmlinuz-6.1.0-test boot/vmlinuz-6.2.0; ln -sfn vmlinuz-6.2.0 boot/vmlinuz",
        "/boot/vmlinuz leads to /boot/vmlinuz-6.2.0, but the kernel in it is 6.1.0-test")]
    [InlineData("sed -i s/6.1.0-test/6.9.9-test/ boot/vmlinuz-6.1.0-test; mv boot/vmlinuz-6.1.0-test boot/k; ln -sfn k boot/vmlinuz",
        "/boot/initrd is for the kernel 6.1.0-test, but /boot/vmlinuz is 6.9.9-test")]
    public void What_a_boot_would_stop_at_is_found(string damage, string problem)
    {
        HostTool.Shell($"cd '{root}' && {damage}");
        Assert.Equal(problem, Single().Problem);
        Assert.Equal(problem.Contains("leads to", StringComparison.Ordinal), Single().IsWarning);
        if (!Single().IsWarning) RequireRefusedAtEachDoor(problem);
    }

    private void RequireRefusedAtEachDoor(string problem)
    {
        var request = new ImageRequest(root, null, ImageFormat.Ext4, null, null, "virtio", Path.Combine(root, "kairos-boot"));
        Assert.Equal(problem, Assert.Throws<OperatorException>(() => ImageBuilder.Build(request, PathOf("image"))).Problem);
        if (!Environment.IsPrivilegedProcess) return; // who cannot mount the image gets fewer checks
        HostTool.Run("mke2fs", "-q", "-t", "ext4", "-d", root, PathOf("foreign"), "32M");
        Assert.Contains(problem, Assert.Throws<OperatorException>(() => DiskBuilder.Build(
            new DiskRequest(PathOf("foreign"), null, [], null, ""), PathOf("disk"))).Problem);
    }

    [RealKernelFact]
    public void A_real_kernel_is_accepted_and_cut_at_no_length()
    {
        var file = Directory.GetFiles(RealKernelFactAttribute.Root + "/boot", "vmlinuz-*").Single();
        var kernel = File.ReadAllBytes(file);
        Assert.Null(KernelImage.Defect(kernel.AsSpan(0, KernelImage.HeadBytes), kernel.Length));
        Assert.Equal(Path.GetFileName(file)["vmlinuz-".Length..], KernelImage.Release(kernel));
        for (var size = 0; size < kernel.Length - 4096; size += 4096)
            Assert.NotNull(KernelImage.Defect(kernel.AsSpan(0, Math.Min(size, KernelImage.HeadBytes)), size));
    }
}
