using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// Extension images are code that systemd uses as root: only root's own complete images are linked, and each other is reported.
/// </summary>
public sealed class ExtensionLinksTests
{
    private const string Prepare = "mkdir -p tree active bad && echo x > tree/file && mksquashfs tree good.raw -quiet -no-progress && " +
        "mke2fs -q -t ext4 -d tree ext.raw 4M && ln -s ../good.raw active/good.raw && cp ext.raw active/ext.raw && ";

    [Theory]
    [InlineData("true", "")]
    [InlineData("chown 1000 good.raw", "good.raw is not used: other users than root can change it")]
    [InlineData("chmod 666 good.raw", "good.raw is not used: other users than root can change it")]
    [InlineData("chown -h 1000 active/good.raw", "good.raw")]
    [InlineData("mkdir -m 777 open && mv good.raw open/ && ln -sfn ../open/good.raw active/good.raw", "other users than root can replace")]
    [InlineData("mkdir -p open/in && chmod 777 open && mv good.raw open/in/ && ln -sfn ../open/in/good.raw active/good.raw",
        "other users than root can replace")]
    [InlineData("chown 1000 bad && mv good.raw bad/ && ln -sfn ../bad/good.raw active/good.raw", "other users than root can replace")]
    [InlineData("rm good.raw", "good.raw")]
    [InlineData("rm good.raw && mkfifo good.raw", "is a FIFO")]
    [InlineData("rm good.raw && mkdir good.raw", "is a directory")]
    [InlineData("ln -sfn good.raw active/good.raw", "good.raw")]
    [InlineData("truncate -s 0 good.raw", "has no known file system")]
    [InlineData("dd if=/dev/urandom of=good.raw bs=1M count=1 status=none", "has no known file system")]
    [InlineData("truncate -s 8M other && mke2fs -q -t ext4 other && truncate -s 1M other && mv other good.raw", "is truncated")]
    public void An_image_that_does_not_fit_is_reported_and_the_others_are_linked(string damage, string problem) =>
        MountNamespace.Run(scratch =>
        {
            MountNamespace.Tool("sh", "-ec", $"cd {scratch}; {Prepare}{damage}");
            var result = new StepExecutor(new KernelModules(), MessageLog.None)
                .Apply(new LinkExtensions(StepClass.Optional, scratch + "/active", scratch + "/run/extensions"));
            Assert.Null(result.Error);
            Assert.Equal(problem.Length == 0, result.Shortfall is null);
            Assert.Contains(problem, result.Shortfall ?? "");
            Assert.Equal(scratch + "/active/ext.raw", File.ResolveLinkTarget(scratch + "/run/extensions/ext.raw", true)?.FullName);
            Assert.Equal(problem.Length == 0, Path.Exists(scratch + "/run/extensions/good.raw"));
        });

    [Fact]
    public void A_disk_image_with_partitions_is_linked_and_a_file_in_the_way_is_reported() => MountNamespace.Run(scratch =>
    {
        MountNamespace.Tool("sh", "-ec", $"cd {scratch}; mkdir -p active run/extensions/file.raw; truncate -s 4M active/disk.raw;" +
            " sgdisk -n 1:0:0 active/disk.raw; cp active/disk.raw active/file.raw; touch active/notes.txt");
        var result = new StepExecutor(new KernelModules(), MessageLog.None)
            .Apply(new LinkExtensions(StepClass.Optional, scratch + "/active", scratch + "/run/extensions"));
        Assert.Contains("file.raw", result.Shortfall);
        var links = Directory.GetFileSystemEntries(scratch + "/run/extensions").Select(Path.GetFileName);
        Assert.Equal(["disk.raw", "file.raw"], links.Order());
    });
}
