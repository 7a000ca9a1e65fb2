using KairosBoot.Execution;
using KairosBoot.Lifecycle;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Whether a machine has the system of a tree: held against every file of its images.</summary>
public sealed class SystemSearchTests
{
    private static (NodeImageStatus Status, string Reason) Find(InstalledSystem system, string tree)
    {
        using var machine = TargetSystem.Open(system.Host, null);
        return new NodeImageSearch(machine, tree, CancellationToken.None).Find(isRecovery: false);
    }

    // With the programs for which a build adds units and the entry point of plans.
    private static string Tree(string root)
    {
        InstalledSystem.Tree(root, "new");
        foreach (var program in (string[])["usr/bin/kboot", "usr/lib/systemd/systemd"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{root}/{program}")!);
            File.WriteAllText($"{root}/{program}", "a program");
        }
        return root;
    }

    [Theory]
    [InlineData("touch -d @1000000000 name usr/lib", null)]
    [InlineData(": > .dockerenv; mkdir host; echo x > tmp/x; ln -s /proc/mounts etc/mtab", null)]
    [InlineData("touch -r name time; echo -n NEW > name; touch -r time name; rm time", "/name has other content")]
    [InlineData("echo longer > name", "/name has other content")]
    [InlineData("ln -sfn /usr/lib/other sbin/init", "/sbin/init has other content")]
    [InlineData("chmod 600 name", "/name has another type, owner, mode or attribute")]
    [InlineData("chown 7 usr/lib", "/usr/lib has another type, owner, mode or attribute")]
    [InlineData("setcap cap_net_raw+ep name", "/name has another type, owner, mode or attribute")]
    [InlineData("rm name; mkdir name", "/name has another type, owner, mode or attribute")]
    [InlineData("echo more > usr/lib/more", "it lacks /usr/lib/more")]
    [InlineData("rm name", "it has an additional /name")]
    public void A_difference_in_any_file_is_found(string change, string? difference) => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var tree = Tree(scratch + "/tree");
        var added = system.Upgrade(InstalledSystem.Of(root: tree)).Added;
        Assert.Contains("/usr/sbin/suc-upgrade -> ../bin/kboot", added);
        Assert.Contains("/boot/initrd", added);
        system.Boot(Slot.Active);
        MountNamespace.Tool("sh", "-ec", $"cd {tree}; {change}");
        Assert.Equal(difference is null ? (NodeImageStatus.UpToDate, "the node already runs this system") : (NodeImageStatus.None, "the running system differs: " + difference), Find(system, tree));
        Assert.Empty(Directory.GetFileSystemEntries(system.Host + "/usr/local"));
    });

    [Fact]
    public void A_system_in_active_is_judged_by_the_next_boot() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch);
        var tree = Tree(scratch + "/tree");
        Assert.Equal(NodeImageStatus.None, Find(system, tree).Status);
        system.Upgrade(InstalledSystem.Of(root: tree));
        Assert.Equal((NodeImageStatus.NextBoot, "active already has this system"), Find(system, tree));
        void Count(Func<BootCounters, BootCounters> change) => BootStateFile.Update(system.State + SystemPaths.BootState, block => change(block.Counters));
        Count(counters => counters with { First = Slot.Passive });
        Assert.Equal((NodeImageStatus.NotBooted, "the next slot to boot is passive"), Find(system, tree));
        Count(counters => counters with { First = Slot.Active, Active = counters.Active with { Left = 0 } });
        Assert.Equal((NodeImageStatus.NotBooted, "active has no tries left"), Find(system, tree));
        Count(counters => counters.MarkBad(Slot.Active, SlotFault.Damaged));
        Assert.Equal((NodeImageStatus.NotBooted, "active is marked bad: active: its image is damaged"), Find(system, tree));
        // An unreadable image counts as none.
        MountedPartition.Change(system.State, () => File.WriteAllText(system.State + Slot.Active.Image(), "rubbish"));
        Assert.Equal(NodeImageStatus.None, Find(system, tree).Status);
    });
}
