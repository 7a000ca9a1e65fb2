using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>All kinds of files in places where PID 1 reads a file. A test that hangs shows a boot that hangs.</summary>
public sealed class HostileFileTests
{
    public static TheoryData<string, string> MachineIdPlaces =>
        InTheWay.At("/usr/local/etc/machine-id", "/oem/machine-id", "/etc/machine-id", "all");

    [Theory]
    [MemberData(nameof(MachineIdPlaces))]
    public void A_machine_id_replaces_any_kind_of_file(string place, string kind) => MountNamespace.Run(scratch =>
    {
        string[] places = ["/usr/local/etc/machine-id", "/oem/machine-id", "/etc/machine-id"];
        foreach (var path in places)
            if (place == path || place == "all") InTheWay.Put(scratch + path, kind);
        var step = new CommitMachineId(StepClass.Degraded, scratch + places[2], [scratch + places[0], scratch + places[1]]);
        var result = new StepExecutor(new KernelModules(), MessageLog.None).Apply(step);
        Assert.Null(result.Error?.ToString() ?? result.Shortfall);
        var ids = places.Select(path => File.ReadAllText(scratch + path)).Distinct().ToArray();
        Assert.Matches("^[0-9a-f]{32}\n$", Assert.Single(ids));
        Assert.All(places, path => Assert.Equal(FileType.Regular, Syscall.TryLStat(scratch + path)!.Value.Type));
        if (kind is not ("dangling-link" or "link-to-itself")) Assert.Contains("machine id is written in its place", result.Note);
    });

    [Theory]
    [MemberData(nameof(InTheWay.All), MemberType = typeof(InTheWay))]
    public void An_image_that_is_not_a_file_is_refused_and_has_no_identity(string kind) => MountNamespace.Run(scratch =>
    {
        InTheWay.Put(scratch + "/active.img", kind);
        if (kind != "sparse")
            Assert.True(Record.Exception(() => ImageIdentity.Of(scratch + "/active.img")) is SyscallException or OperatorException);
        var result = new StepExecutor(new KernelModules(), MessageLog.None)
            .Apply(new MountImage(StepClass.Degraded, scratch + "/active.img", scratch + "/root", ReadOnly: true));
        Assert.NotNull(result.Error);
    });

    public static TheoryData<string, string> StateFiles => InTheWay.At("/bootstate", "/kargs", "/kargs.new", "/kargs.failed");

    [Theory]
    [MemberData(nameof(StateFiles))]
    public void Counters_and_arguments_that_are_not_files_count_as_missing(string name, string kind) => MountNamespace.Run(scratch =>
    {
        InTheWay.Put(scratch + name, kind);
        Assert.NotNull(BootStateFile.Read(scratch + "/bootstate").Problem);
        var arguments = new KargsFile(scratch);
        Assert.Equal((0, false, false), (arguments.Proven.Serial, arguments.Pending is not null, arguments.Rejected is not null));
    });

    public static TheoryData<string, string> FailureFiles =>
        InTheWay.At("/kairosboot", "/kairosboot/failed-boots", "/kairosboot/failed-boots.reported");

    [Theory]
    [MemberData(nameof(FailureFiles))]
    public void Records_of_failed_boots_that_are_not_files_count_as_missing(string name, string kind) => MountNamespace.Run(scratch =>
    {
        InTheWay.Put(scratch + name, kind);
        Assert.Empty(FailureStore.Read(scratch));
        Assert.Empty(FailureStore.ReadReported(scratch));
        if (kind != "sparse") FailureStore.Tighten(scratch);
        if (kind != "sparse") Assert.False(FailureStore.HasNew(scratch));
    });

    [Theory]
    [InlineData("failed-boots")]
    [InlineData("failed-boots.reported")]
    public void Permissions_of_world_readable_failure_records_are_reduced(string name) => MountNamespace.Run(scratch =>
    {
        StateMachine.Sh($"truncate -s 8M {scratch}/part; mke2fs -q -F -t ext4 {scratch}/part; mkdir {scratch}/state {scratch}/outside; " +
            $"touch {scratch}/outside/file");
        using (var device = LoopDevice.Attach(scratch + "/part", readOnly: false))
            Syscall.Mount(device.Path, scratch + "/state", "ext4", MountFlags.None, "");
        StateMachine.Sh($"cd {scratch}/state; mkdir kairosboot; cd kairosboot; echo log > {name}; chmod 644 {name}");
        Syscall.Mount("none", scratch + "/state", "", MountFlags.Remount | MountFlags.ReadOnly, "");
        FailureStore.Tighten(scratch + "/state");
        Assert.Equal("640", StateMachine.Sh($"stat -c %a {scratch}/state/kairosboot/{name}").Trim());
        Assert.True(MountTable.Read().Single(mount => mount.MountPoint == scratch + "/state").ReadOnly);
        Syscall.Umount(scratch + "/state");
    });

    public static TheoryData<string, string> ManifestFiles => InTheWay.At("manifest", "manifest.next", "manifest.new", "staging");

    [Theory]
    [MemberData(nameof(ManifestFiles))]
    public void Any_kind_of_file_in_place_of_the_manifest_is_replaced(string name, string kind) => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("echo v1 > f");
        machine.GoodBoot("1");
        machine.User("echo user > mine");
        InTheWay.Put($"{machine.Target}/.kairosboot/{name}", kind);
        StateMachine.Sh($"rm -f {machine.Target}/.kairosboot/p.fifo");
        machine.Install("echo v2 > f; echo v2 > new");
        var result = machine.Boot("2");
        if (name == "manifest") Assert.Contains(machine.Target + "/.kairosboot/manifest", Assert.Single(result.Problems));
        else Assert.Empty(result.Problems);
        Assert.Equal((name == "manifest" ? "v1" : "v2") + "\nv2\nuser\n", StateMachine.Sh($"cd {machine.Store}; cat f new mine"));
        Assert.Equal(0, machine.GoodBoot("2").Compared);
    });

    [Theory]
    [MemberData(nameof(InTheWay.All), MemberType = typeof(InTheWay))]
    public void A_file_with_the_name_of_the_control_directory_is_reported(string kind) => StateSeedTests.OnVolume(machine =>
    {
        if (kind.EndsWith("directory", StringComparison.Ordinal)) return;
        machine.Install("echo v1 > f");
        InTheWay.Put(machine.Target + "/.kairosboot", kind);
        Assert.Contains(".kairosboot is not a directory; it belongs to user 0; remove it", Assert.Single(machine.Boot("1").Problems));
    });
}
