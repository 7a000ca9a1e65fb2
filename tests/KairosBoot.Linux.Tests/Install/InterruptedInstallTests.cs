using KairosBoot.Image;
using KairosBoot.Lifecycle;
using KairosBoot.Linux.Tests.Stages;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>Installations that come to no end: the disk boots nothing, says why, and is free for the next one.</summary>
public sealed class InterruptedInstallTests
{
    [Fact]
    public void An_incomplete_disk_does_not_boot_and_the_next_installation_completes() => InstallMachine.On(machine =>
    {
        Assert.Equal(0, machine.Install().Code); // the disk boots now
        var stages = 0;
        for (var at = 0; ; at++)
        {
            var left = at;
            using var end = new CancellationTokenSource();
            var disk = InstallDisk.Find(machine.Disk.Node);
            using var installer = new DiskInstaller(new DiskRequest(machine.Image, null, [], null, ""), disk, end.Token);
            try
            {
                installer.Install(_ => { if (left-- == 0) end.Cancel(); });
                break;
            }
            catch (OperationCanceledException) { stages++; }
            Assert.Equal(0, machine.Sector(0)[510]);
            Assert.StartsWith("KairosBoot: the installation", System.Text.Encoding.ASCII.GetString(machine.Sector(0)));
            Assert.Empty(disk.Contents());
            Assert.Equal(new byte[512], machine.Sector(1));
            Assert.Equal(new byte[512], machine.Sector(disk.SizeBytes / 512 - 1));
        }

        Assert.Equal(6, stages);
        machine.IsWhole();
    });

    [Fact]
    public void A_killed_installation_leaves_a_complete_disk_or_one_that_does_not_boot() => InstallMachine.On(machine =>
    {
        var unfinished = 0;
        for (var round = 0; round < 24; round++)
        {
            machine.Write(0, new byte[512]);
            using (var kboot = KBoot.Start(KBoot.Path, "install", "--device", machine.Disk.Node, "--image", machine.Image, "--force"))
            {
                // Later rounds kill it after its first write.
                if (round > 2) SpinWait.SpinUntil(() => kboot.HasExited || machine.Sector(0)[0] != 0, TimeSpan.FromMinutes(1));
                Thread.Sleep(round * 15);
                kboot.Kill(entireProcessTree: true);
                kboot.WaitForExit();
            }

            if (machine.Sector(0)[510] == 0x55)
            {
                machine.IsWhole();
                machine.Disk.Forget();
            }
            else if (machine.Sector(0)[0] != 0)
            {
                unfinished++;
                Assert.Empty(InstallDisk.Find(machine.Disk.Node).Contents());
            }
        }

        foreach (var left in Directory.GetDirectories("/run", ".kairosboot-install.*")) Directory.Delete(left, recursive: true);
        Assert.InRange(unfinished, 3, 24);
        var last = machine.Install("--force");
        Assert.True(last.Code == 0, last.Errors);
        machine.IsWhole();
    }, imageMebibytes: 64);
}
