namespace KairosBoot.Image.Tests;

public class TreeLintTests : Scratch
{
    private readonly string root;

    public TreeLintTests()
    {
        root = SyntheticKernel.MakeSystem(PathOf("root"));
        foreach (var directory in new[] { "dev", "proc", "sys", "run", "tmp", "oem", "home", "mnt", "opt", "root", "srv", "usr/local",
            "var", "usr/lib/kairosboot" })
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        File.Copy(Path.Combine(root, "kairos-boot"), Path.Combine(root, "usr/lib/kairosboot/kairos-boot"));
        File.CreateSymbolicLink(Path.Combine(root, "boot/vmlinuz"), "vmlinuz-6.1.0-test");
        Pack("virtio");
    }

    private void Pack(string modules) => File.WriteAllBytes(Path.Combine(root, "boot/initrd"),
        InitrdBuilder.Build(new InitrdRequest(root, null, modules, Compress: true, Path.Combine(root, "kairos-boot"))).Content);

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
        Pack("squashfs");
        Assert.Contains("no disk driver", Single().Problem);
        WriteText("root/boot/initrd", "an initrd of another kind");
        Assert.Contains("cannot be read as an initrd", Single().Problem);
    }

    [Fact]
    public void An_initrd_of_another_kernel_is_an_error()
    {
        Directory.Move(Path.Combine(root, "lib/modules/6.1.0-test"), Path.Combine(root, "lib/modules/6.2.0"));
        Assert.Contains("for the kernel 6.1.0-test, but the tree has no modules for it", Single().Problem);
    }
}
