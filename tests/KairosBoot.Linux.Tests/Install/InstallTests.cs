using System.Text.Json;
using KairosBoot.Linux.Tests.Stages;

namespace KairosBoot.Linux.Tests.Install;

/// <summary>Disks of this machine that become bootable ones, by the program as it is shipped.</summary>
public sealed class InstallTests
{
    private static readonly string[] Labels = ["COS_GRUB", "COS_OEM", "COS_RECOVERY", "COS_STATE", "COS_PERSISTENT"];

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void An_installation_makes_a_blank_disk_bootable(int blockSize) => InstallMachine.On(machine =>
    {
        var (code, output, errors) = machine.Install();
        Assert.True(code == 0, output + errors);
        Assert.Contains($"installed {machine.Image} on {machine.Disk.Node}", output);
        Assert.Empty(errors);
        machine.IsWhole();
        Assert.Equal(Labels, Enumerable.Range(2, 5)
            .Select(number => BlockDeviceScan.One($"{machine.Disk.Name}p{number}")!.Superblock!.Label));
        Assert.Equal("MZ", MountNamespace.Tool("sh", "-c",
            $"mtype -i {machine.Disk.Partition(2)} ::/EFI/BOOT/BOOTX64.EFI 2> /dev/null | head -c 2"));
    }, blockSize);

    [Fact]
    public void Two_installations_of_the_same_system_share_no_identifier() => InstallMachine.On(machine =>
    {
        string[] Identifiers()
        {
            machine.Appear();
            var partitions = Enumerable.Range(1, 6)
                .Select(number => MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "UUID", "-s", "PART_ENTRY_UUID",
                machine.Disk.Partition(number)));
            var seeds = Enumerable.Range(3, 4)
                .Select(number => MountNamespace.Tool("sh", "-c",
                $"dumpe2fs -h {machine.Disk.Partition(number)} 2> /dev/null | sed -n 's/^Directory Hash Seed: *//p'"));
            var ids = partitions.Concat(seeds).SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                .Append(MountNamespace.Tool("sh", "-c", $"sgdisk -p {machine.Disk.Node} | sed -n 's/^Disk identifier.*: //p'").Trim())
                    .ToArray();
            machine.Disk.Forget();
            return ids;
        }

        Assert.Equal(0, machine.Install().Code);
        var first = Identifiers();
        Assert.Equal(0, machine.Install("--force").Code);
        var second = Identifiers();
        Assert.Equal((16, 16), (first.Length, second.Length));
        Assert.Equal(32, first.Concat(second).Distinct().Count());
    });

    [Theory]
    [InlineData("", "--seed is empty")]
    [InlineData("two\nlines", "--seed has control characters")]
    public void An_invalid_seed_is_refused(string seed, string reason) => InstallMachine.On(machine =>
    {
        var (code, _, errors) =
            KBoot.Run("disk", "build", "--image", machine.Image, "--output", machine.Scratch + "/built", "--seed", seed);
        Assert.Equal((2, false), (code, File.Exists(machine.Scratch + "/built")));
        Assert.Contains(reason, errors);
    });

    [Fact]
    public void No_old_superblock_is_found_after_an_installation() => InstallMachine.On(machine =>
    {
        // Superblocks where the new partitions will begin and end; mke2fs alone would not erase them.
        Assert.Equal(0, machine.Install().Code);
        machine.Appear();
        foreach (var partition in machine.Disk.Disk.Read().Partitions)
        {
            long start = partition.First * 512, end = (partition.Last + 1) * 512;
            machine.Write(start + 0x8001, "CD001"u8);
            machine.Write(start + 0x10040, "_BHRfS_M"u8);
            machine.Write(end - 65536, [0xFC, 0x4E, 0x2B, 0xA9, 0, 0, 0, 0, 90, 0, 0, 0]); // a RAID with metadata 0.90
        }

        machine.Disk.Forget();
        var again = machine.Install("--force");
        Assert.True(again.Code == 0, again.Errors);
        machine.IsWhole();
        Assert.Equal(["vfat", "ext4", "ext4", "ext4", "ext4"],
            Enumerable.Range(2, 5)
                .Select(number => MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", "TYPE", machine.Disk.Partition(number)).Trim()));
        using var node = Syscall.Open(machine.Disk.Node, OpenFlags.ReadOnly);
        var window = new byte[8];
        foreach (var partition in machine.Disk.Disk.Read().Partitions)
        {
            Syscall.PRead(node, window, partition.First * 512 + 0x10040);
            Assert.False(window.AsSpan().SequenceEqual("_BHRfS_M"u8), partition.ToString());
        }
    });

    [Fact]
    public void A_disk_that_is_not_empty_is_kept_and_its_content_is_listed() => InstallMachine.On(machine =>
    {
        MountNamespace.Tool("mke2fs", "-q", "-F", "-L", "PHOTOS", machine.Disk.Node);
        Assert.Contains("ext2 LABEL=PHOTOS", machine.Refused());
        MountNamespace.Tool("sgdisk", "-n", "1:1M:+16M", "-c", "1:letters", machine.Disk.Node);
        Assert.Contains("letters", machine.Refused());
        var before = machine.Disk.Written;
        var (code, output, _) = machine.Install("--dry-run");
        Assert.Equal((0, before), (code, machine.Disk.Written));
        Assert.Contains("the data lost would be everything on this disk:\nwould erase: ", output);
        Assert.Contains("would erase: partition 1 letters", output);
        Assert.Equal(0, machine.Install("--force").Code);
        machine.IsWhole();
    });

    [Fact]
    public void A_dry_run_prints_the_result_as_json() => InstallMachine.On(machine =>
    {
        var config = machine.Scratch + "/config.yaml";
        File.WriteAllText(config, """
            #cloud-config
            install:
              device: /dev/nowhere
              partitions: {oem: {size: 100}, state: {size: 10}}
              extra-partitions: [{name: mine, label: MINE, size: 20, fs: ext4}]
              grub_options: {extra_cmdline: quiet}
              bind_mounts: [/srv/data]
            """);
        var before = machine.Disk.Written;
        var (code, output, errors) =
            machine.Install("--cloud-config", config, "--append", "console=ttyS1", "--extra-partition", "DATA:30M", "--dry-run", "--json");
        Assert.True(code == 0, errors);
        Assert.Equal("", errors);
        using var plan = JsonDocument.Parse(output);
        Assert.Contains(plan.RootElement.GetProperty("warnings").EnumerateArray(),
            warning => warning.GetString()!.Contains("state.size: 10 MiB is too small"));
        Assert.True(plan.RootElement.GetProperty("dryRun").GetBoolean());
        Assert.Equal("console=ttyS1 quiet", plan.RootElement.GetProperty("kernelArguments").GetString());
        Assert.Equal(["bios 1", "COS_GRUB 64", "COS_OEM 100", "COS_RECOVERY 52", "COS_STATE 94", "mine 20", "DATA 30",
            "COS_PERSISTENT 405"],
            plan.RootElement.GetProperty("partitions").EnumerateArray()
                .Select(row => $"{row.GetProperty("name").GetString()} {row.GetProperty("bytes").GetInt64() >> 20}"));
        Assert.Equal(before, machine.Disk.Written);
    });

    [Fact]
    public void Extra_partitions_of_a_config_have_a_name_a_label_and_the_rest_of_the_disk() => InstallMachine.On(machine =>
    {
        var config = machine.Scratch + "/config.yaml";
        File.WriteAllText(config, """
            install:
              auto: true
              reboot: true
              system: {uri: "oci:somewhere"}
              partitions: {persistent: {size: 80}}
              extra-partitions: [{name: first, label: FAT, size: 20, fs: vfat}, {name: data_partition, label: SYSTEM_DATA, size: 0}]
            """);
        var (code, output, errors) = machine.Install("--cloud-config", config, "--size-state", "0.1G");
        Assert.True(code == 0, output + errors);
        foreach (var key in (string[])["auto", "reboot", "system"]) Assert.Matches($"warning: .*install.{key}.*has no effect", errors);
        machine.Appear();
        string Value(string name, int number) =>
            MountNamespace.Tool("blkid", "-p", "-o", "value", "-s", name, machine.Disk.Partition(number)).Trim();
        Assert.Equal(("first", "FAT", "vfat"), (Value("PART_ENTRY_NAME", 6), Value("LABEL", 6), Value("TYPE", 6)));
        Assert.Equal(("data_partition", "SYSTEM_DATA", "ext4"), (Value("PART_ENTRY_NAME", 7), Value("LABEL", 7), Value("TYPE", 7)));
        Assert.Equal("163840", Value("PART_ENTRY_SIZE", 8));
        machine.Disk.Forget();
        Assert.Contains("kboot runs no script", KBoot.Run("install", "--device", "script:///bin/true", "--image", machine.Image).Errors);
    });

    [Fact]
    public void Configs_go_to_oem_and_their_stages_run_before_and_after() => InstallMachine.On(machine =>
    {
        var config = machine.Scratch + "/config.yaml";
        var log = machine.Scratch + "/log";
        File.WriteAllText(config, $"""
            stages:
              before-install:
                - commands: ["head -c 512 {machine.Disk.Node} | tr -d '\\0' | wc -c >> {log}"]
              after-install:
                - commands: ["head -c 512 {machine.Disk.Node} | tail -c 2 | od -An -tx1 >> {log}"]
            """);
        var (code, _, errors) = machine.Install("--cloud-config", config);
        Assert.True(code == 0, errors);
        Assert.Equal("0\n 55 aa\n", File.ReadAllText(log));
        machine.IsWhole();
        Assert.Equal(File.ReadAllText(config),
            MountNamespace.Tool("debugfs", "-R", "cat /90_custom.yaml", machine.Disk.Partition(3)).Split('\n', 2)[1]);
    });

    [Fact]
    public void A_failed_stage_before_keeps_the_disk_and_one_after_is_reported() => InstallMachine.On(machine =>
    {
        var config = machine.Scratch + "/config.yaml";
        File.WriteAllText(config, "stages: {before-install: [{commands: [\"exit 3\"]}]}\n");
        Assert.Contains("nothing is written", machine.Refused("--cloud-config", config));
        File.WriteAllText(config, "stages: {after-install: [{commands: [\"exit 3\"]}]}\n");
        Assert.Equal(1, machine.Install("--cloud-config", config).Code);
        machine.IsWhole();
    });

    [Fact]
    public void Invalid_sources_and_configs_are_refused() => InstallMachine.On(machine =>
    {
        var config = machine.Scratch + "/config.yaml";
        File.WriteAllText(config, "install: {encrypted_partitions: [COS_PERSISTENT]}\n");
        Assert.Contains("encrypted_partitions", machine.Refused("--cloud-config", config));
        File.WriteAllText(config, "install: {no-format: true}\n");
        Assert.Contains("no-format", machine.Refused("--cloud-config", config));
        File.WriteAllText(config, "stages: [never\n");
        Assert.Contains("config.yaml:", machine.Refused("--cloud-config", config));
        File.WriteAllText(machine.Image, "no image");
        Assert.Contains("is not a file system", machine.Refused());
        Assert.Contains("no image to install", KBoot.Run("install", "--device", machine.Disk.Node).Errors);
        Assert.Equal(2, machine.Install("--root", "/").Code);
        Assert.Equal(2, machine.Install("--extra-partition", "DATA").Code);
    });
}
