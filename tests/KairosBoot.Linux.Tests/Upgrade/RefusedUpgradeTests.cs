using System.Formats.Tar;
using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>What cannot become a system here, and what a disk does not take: a clear error, and COS_STATE as it was.</summary>
public sealed class RefusedUpgradeTests
{
    private static OperatorException Refused(InstalledSystem system, Action upgrade)
    {
        var before = system.Files;
        var failure = Assert.Throws<OperatorException>(upgrade);
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
        Assert.NotEmpty(failure.Fix);
        return failure;
    }

    [Theory]
    [InlineData("rm /boot/vmlinuz", "the tree has no /boot/vmlinuz")]
    [InlineData("rm /boot/initrd", "the tree has no /boot/initrd")]
    [InlineData("rm /usr/lib/init", "no /sbin/init")]
    [InlineData("rmdir /oem", "the tree has no directory /oem")]
    [InlineData("rm /lib/modules/6.1.0-test/modules.dep", null)]
    [InlineData("cd /lib/modules\nln 6.1.0-test other\nunlink 6.1.0-test", "for the kernel 6.1.0-test, but the tree has no modules for it")]
    [InlineData("rm /usr/lib/init\ncd /usr/lib\nwrite ARM init\nsif init mode 0100755",
        "/sbin/init is for aarch64, but /boot/vmlinuz is for x86_64")]
    [InlineData("rm /boot/vmlinuz-6.1.0-test\ncd /boot\nwrite KERNEL vmlinuz-6.1.0-test",
        "/sbin/init is for x86_64, but /boot/vmlinuz is for aarch64")]
    [InlineData("rm /boot/vmlinuz-6.1.0-test\ncd /boot\nwrite KERNEL vmlinuz-6.1.0-test\nrm /usr/lib/init\ncd /usr/lib\nwrite ARM init\n" +
        "sif init mode 0100755", "its /boot/vmlinuz is for aarch64, this machine is x86_64")]
    public void An_image_that_would_not_boot_is_refused(string damage, string? reason) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        File.WriteAllBytes(scratch + "/arm", [0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[11], 183, 0, .. new byte[44]]);
        File.WriteAllBytes(scratch + "/kernel", [.. new byte[0x38], .. "ARM\x64"u8, .. new byte[64]]);
        var image = system.Image("new", damage.Replace("ARM", scratch + "/arm").Replace("KERNEL", scratch + "/kernel").Split('\n'));
        // Files that only a build needs are not required.
        if (reason is null) system.Upgrade(image);
        else Assert.Contains(reason, Refused(system, () => system.Upgrade(image)).Problem);
    });

    [Fact]
    public void An_image_without_a_mount_point_of_the_layout_is_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        File.AppendAllText(system.Host + "/etc/fstab", "x /srv/data none bind 0 0\nx /var/a none bind 0 0\n");
        Assert.Contains("has no directory /srv/data, which is a mount point",
            Refused(system, () => system.Upgrade(system.Image("new"))).Problem);
        system.Upgrade(system.Image("new", "mkdir /srv/data", "mkdir /var/a"));
    });

    [Fact]
    public void An_invalid_or_truncated_image_is_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        File.WriteAllText(scratch + "/text", "text");
        Assert.Contains("is not a file system image", Refused(system, () => system.Upgrade(scratch + "/text")).Problem);
        Assert.Contains("does not exist", Refused(system, () => system.Upgrade(scratch + "/none")).Problem);
        using (var file = File.OpenWrite(image)) file.SetLength(file.Length - ImageSeal.Length - 4096);
        Assert.Contains("is truncated", Refused(system, () => system.Upgrade(image)).Problem);
        MountNamespace.Tool("mkfs.erofs", "-zlz4hc", scratch + "/erofs", InstalledSystem.Tree(scratch + "/tree", "tree"));
        Assert.Contains("is erofs: GRUB can load", Refused(system, () => system.Upgrade(scratch + "/erofs")).Problem);
    });

    [Theory]
    [InlineData(-4096, "reading ended after")]
    [InlineData(4096, "another program is writing to it")]
    public void A_source_that_changes_during_the_copy_is_refused(int by, string reason) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var image = system.Image("new");
        void Change(string what, long done, long total)
        {
            if (what != "copying" || new FileInfo(image).Length != total) return;
            using var file = File.OpenWrite(image);
            file.SetLength(total + by);
        }
        Assert.Contains(reason, Refused(system, () => system.Upgrade(InstalledSystem.Of(image), Change)).Problem);
    });

    [Theory]
    [InlineData("..", "points outside")]
    [InlineData("link", "which is not a directory")]
    [InlineData("hard link", "or does not precede it in the archive")]
    [InlineData("truncated", "damaged or not a tar file")]
    [InlineData("text", "damaged or not a tar file")]
    [InlineData("empty", "damaged or not a tar file")]
    public void A_hostile_or_damaged_container_export_is_refused(string kind, string reason) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var tar = scratch + "/export.tar";
        if (kind == "text")
        {
            File.WriteAllText(tar, new string('x', 2000));
        }
        else
        {
            MountNamespace.Tool("tar", "-C", InstalledSystem.Tree(scratch + "/tree", "export"), "-cf", tar, ".");
            if (kind == "truncated")
            {
                MountNamespace.Tool("truncate", "-s", "15000", tar);
            }
            else
            {
                using var writer = new TarWriter(File.Create(tar));
                if (kind == "..") writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a/../../escaped"));
                if (kind == "hard link") writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "shadow") { LinkName = "/etc/shadow" });
                if (kind == "link")
                {
                    writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "out") { LinkName = scratch });
                    writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "out/escaped"));
                }
            }
        }
        Assert.Contains(reason, Refused(system, () => system.Upgrade(InstalledSystem.Of(tar: tar))).Problem);
        Assert.False(File.Exists(scratch + "/escaped"));
    });

    [Fact]
    public void A_full_disk_at_any_step_leaves_the_system_unchanged() => MountNamespace.Run(scratch =>
    {
        // COS_STATE: two images of 9 MiB each, and from nothing to enough for a third
        var system = new InstalledSystem(scratch, mebibytes: 40);
        var image = system.Image("new");
        var tree = InstalledSystem.Tree(scratch + "/tree", "tree");
        var (failed, done) = (0, 0);
        foreach (var request in (UpgradeRequest[])[InstalledSystem.Of(image), InstalledSystem.Of(root: tree)])
        {
            foreach (var room in (int[])[0, 4096, 64 << 10, 1 << 20, 8 << 20, (9 << 20) + 8192, 12 << 20])
            {
                MountedPartition.Change(system.State, () =>
                {
                    File.Delete(system.State + "/filler");
                    using var place = Syscall.Open(system.State, OpenFlags.ReadOnly | OpenFlags.Directory);
                    using var filler = Syscall.Open(system.State + "/filler", OpenFlags.WriteOnly | OpenFlags.Create, Octal.O600);
                    Syscall.Allocate(filler, Math.Max(4096, Syscall.FreeSpace(place).Bytes - room - (64 << 10)) / 4096 * 4096);
                });
                var before = system.Files;
                try
                {
                    system.Upgrade(request);
                    done++;
                    Assert.NotEqual(before, system.Files);
                }
                catch (OperatorException failure)
                {
                    failed++;
                    Assert.Contains("no space for the new image", failure.Problem);
                    Assert.Equal(before, system.Files);
                }
                Assert.True(system.IsReadOnly);
            }
        }

        Assert.True(failed >= 8 && done >= 2, $"{failed} failed, {done} done");
    });

    [Fact]
    public void A_full_scratch_directory_leaves_the_system_unchanged() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        Syscall.Mount("tmpfs", system.Host + "/usr/local", "tmpfs", MountFlags.None, "size=64k");
        var tree = InstalledSystem.Tree(scratch + "/tree", "export");
        File.WriteAllBytes(tree + "/large", new byte[1 << 20]);
        MountNamespace.Tool("tar", "-C", tree, "-cf", scratch + "/export.tar", ".");
        var before = system.Files;
        var failure = Assert.ThrowsAny<Exception>(() => system.Upgrade(InstalledSystem.Of(tar: scratch + "/export.tar")));
        Assert.Contains("No space left on device", failure.Message);
        Assert.Equal(before, system.Files);
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
    });

    [Fact]
    public void Two_upgrades_at_the_same_time_are_refused() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        using (TargetSystem.Open(system.Host, null))
        {
            Assert.Contains("another upgrade, reset or installation is running",
                Refused(system, () => system.Upgrade(system.Image("new"))).Problem);
        }

        system.Upgrade(system.Image("new"));
    });

    [Theory]
    [InlineData("copying")]
    [InlineData("checking")]
    public void An_interruption_before_the_switch_leaves_the_system_unchanged(string at) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var before = system.Files;
        using var cancellationToken = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => system.Upgrade(InstalledSystem.Of(system.Image("new")), (what, _, _) =>
        {
            if (what == at) cancellationToken.Cancel();
        }, cancellationToken.Token));
        Assert.Equal(before, system.Files);
        Assert.True(system.IsReadOnly);
    });

    [Fact]
    public void A_machine_that_kairos_boot_did_not_boot_is_refused() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/root");
        Assert.Contains("so the running image is unknown",
            Assert.Throws<OperatorException>(() => TargetSystem.Open(scratch + "/root", null)).Problem);
    });
}
