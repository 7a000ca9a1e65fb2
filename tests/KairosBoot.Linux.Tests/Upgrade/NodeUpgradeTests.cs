using KairosBoot.Execution;
using KairosBoot.Linux.Tests.Stages;
using KairosBoot.Plan;
using YamlDotNet.RepresentationModel;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>
/// What a plan of the system-upgrade-controller does to a node: the command of the plan that is shipped, in a container of the new system.
/// </summary>
public sealed class NodeUpgradeTests
{
    private static readonly YamlNode Plan = Read();

    private static string[] Command => [.. ((YamlSequenceNode)Plan["spec"]["upgrade"]["command"]).Select(word => word.ToString())];

    private static YamlNode Read()
    {
        var text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(KBoot.Path)!, "../initrd/kubernetes/plan.yaml"));
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Single().RootNode;
    }

    // A tree as from a container build: kboot with the programs that it runs, and the link to it.
    private static string Container(string root, string name)
    {
        InstalledSystem.Tree(root, name);
        foreach (var directory in (string[])["usr/bin", "usr/sbin", "lib64", "lib/x86_64-linux-gnu",
            "host"])
        {
            Directory.CreateDirectory($"{root}/{directory}");
        }

        File.Copy(KBoot.Path, root + "/usr/bin/kboot");
        File.CreateSymbolicLink(root + Command[0], "../bin/kboot");
        MountNamespace.Tool("sh", "-ec",
            $"cp /sbin/mke2fs /sbin/debugfs {root}/usr/sbin; for f in $(ldd /sbin/mke2fs /sbin/debugfs | grep -o '/[^ :]*' | grep " +
            $"'\\.so' | sort -u); do cp -L $f {root}$f; done");
        return root;
    }

    private static void OnNode(Slot running, InstalledSystem system, Action<InstalledNode> body)
    {
        system.Boot(running);
        using var node = new InstalledNode(system);
        body(node);
    }

    [Fact]
    public void The_plan_has_only_fields_of_the_controllers_API()
    {
        Assert.Equal(("upgrade.cattle.io/v1", "Plan"), (Plan["apiVersion"].ToString(), Plan["kind"].ToString()));
        string[] Keys(YamlNode node) => [.. ((YamlMappingNode)node).Children.Keys.Select(key => key.ToString())];
        // The fields of PlanSpec, DrainSpec and ContainerSpec in the controller's API.
        Assert.Subset(new HashSet<string>(["concurrency", "jobActiveDeadlineSecs", "nodeSelector", "serviceAccountName", "version",
            "channel", "secrets", "tolerations", "prepare", "upgrade", "cordon", "drain"]),
            new HashSet<string>(Keys(Plan["spec"])));
        Assert.Subset(new HashSet<string>(["timeout", "gracePeriod", "deleteEmptydirData", "ignoreDaemonSets", "force", "disableEviction"]),
            new HashSet<string>(Keys(Plan["spec"]["drain"])));
        Assert.Subset(new HashSet<string>(["image", "command", "args", "envs"]), new HashSet<string>(Keys(Plan["spec"]["upgrade"])));
    }

    [Fact]
    public void A_node_gets_the_system_of_the_container_and_reboots_once() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 128);
        string? installed = null;
        OnNode(Slot.Active, system, node =>
        {
            Container(node.Tree, "new");
            node.AddReboot();
            var (code, output, errors) = node.Run(Command);
            Assert.True((code, node.Reboots) == (1, 1), $"{code} {node.Reboots}: {output}{errors}");
            Assert.Contains("the running system differs: ", output);
            Assert.Contains("active is new, passive is what was active", output);
            Assert.Equal(("new", "active"), system.Slots);
            Assert.True(system.IsReadOnly);
            installed = system.Files;
            // The controller starts the pod again before the reboot.
            (code, output, errors) = node.Run(Command);
            Assert.True((code, node.Reboots) == (1, 2), $"{code} {node.Reboots}: {output}{errors}");
            Assert.Contains("active already has this system", output);
            Assert.Equal(installed, system.Files);
            Assert.Equal(["bin", "container", "sbin"],
                Directory.GetFileSystemEntries(system.Host + "/usr/local").Select(Path.GetFileName).Order());
        });
        OnNode(Slot.Active, system, node =>
        {
            Container(node.Tree, "new");
            node.AddReboot();
            // Files that some container runtimes create.
            File.WriteAllText(node.Tree + "/.dockerenv", "");
            File.CreateSymbolicLink(node.Tree + "/etc/mtab", "/proc/mounts");
            var (code, output, errors) = node.Run(Command);
            Assert.True((code, node.Reboots) == (0, 0), $"{code} {node.Reboots}: {output}{errors}");
            Assert.Contains("nothing to do: the node already runs this", output);
            Assert.Equal(installed, system.Files);
        });
    });

    [Fact]
    public void A_node_that_fell_back_is_left_unchanged_without_FORCE() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 128);
        OnNode(Slot.Active, system, node =>
        {
            Container(node.Tree, "new");
            node.AddReboot();
            Assert.Equal(1, node.Run(Command).Code);
        });
        BootStateFile.Update(system.State + SystemPaths.BootState, block => block.Counters.MarkBad(Slot.Active, SlotFault.NoInit));
        var before = system.Files;
        OnNode(Slot.Passive, system, node =>
        {
            Container(node.Tree, "new");
            node.AddReboot();
            var (code, _, errors) = node.Run(Command);
            Assert.Equal((1, 0, before), (code, node.Reboots, system.Files));
            Assert.Contains("the node has this system but does not boot it: active is marked bad: active: its image has no system " +
                "that could be started", errors);
            Assert.Contains("to fix: ", errors);
            Assert.Equal(1, node.Run(Command, environment: "FORCE=true").Code);
            Assert.Equal((1, 3, Slot.Active), (node.Reboots, system.Counters.Active.Left, system.Counters.Next));
        });
    });

    [Fact]
    public void A_pod_without_the_privileges_fails_before_anything_changes() => MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 128);
        OnNode(Slot.Active, system, node =>
        {
            Container(node.Tree, "new");
            var before = system.Files;
            void Refused(string reason, (int Code, string Output, string Errors) run)
            {
                Assert.True(run.Code == 1 && run.Errors.Contains(reason) && run.Errors.Contains("to fix: "),
                    $"{run.Code} {run.Output}{run.Errors}");
                Assert.Equal(before, system.Files);
            }
            Refused("the node's root is not mounted at /host", node.Run(Command, mounted: ""));
            Refused("process 1 does not have its root at /host", node.Run(Command, hostProcesses: false));
            Refused("the node's root is not mounted at /elsewhere", node.Run(Command, environment: "HOST_DIR=/elsewhere"));
            File.Delete(node.Tree + "/boot/vmlinuz-6.1.0-test");
            Refused("the tree has no kernel image", node.Run(Command));
            Assert.Equal(2, node.Run([.. Command, "--recover"]).Code);
        });
    });

    [Theory]
    [InlineData(null, "this system has no program reboot")]
    [InlineData("echo not now; exit 3", "ended with 3: not now")]
    public void A_node_that_does_not_reboot_is_a_failure_and_keeps_the_new_system(string? reboot, string reason) =>
        MountNamespace.Run(scratch =>
    {
        var system = new InstalledSystem(scratch, mebibytes: 128);
        OnNode(Slot.Active, system, node =>
        {
            Container(node.Tree, "new");
            if (reboot is not null) node.AddReboot(reboot);
            var (code, output, errors) = node.Run(Command);
            Assert.True(code == 1 && errors.Contains(reason), $"{code} {output}{errors}");
            Assert.Equal(("new", "active"), system.Slots);
        });
    });
}
