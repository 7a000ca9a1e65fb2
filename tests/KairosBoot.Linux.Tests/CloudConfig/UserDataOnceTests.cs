using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>A machine uses user-data from only one volume, and from USB and SD media only with a kernel option.</summary>
public sealed class UserDataOnceTests : IDisposable
{
    private const string Mark = "/oem/kairosboot/userdata-taken", Taken = "/run/config/userdata.yaml";
    private const string Mine = "stages: {initramfs: [{commands: [echo mine >> /log]}]}\n", Strange =
        "stages: {initramfs: [{commands: [echo strange >> /log]}]}\n";

    private readonly ScratchRoot root = new();
    private readonly List<SeedVolume> volumes = [];

    public void Dispose()
    {
        foreach (var volume in volumes) volume.Dispose();
        root.Dispose();
    }

    private SeedVolume Insert(string name, string content, string serial = "", string label = "cidata", string path = "user-data")
    {
        var volume = new SeedVolume(root, name, label, SeedVolume.With(path, content));
        volumes.Add(volume);
        if (serial.Length > 0) Attribute(name, "serial", serial);
        return volume;
    }

    private void Attribute(string name, string attribute, string value) =>
        root.Put($"/sys/class/block/{name}/device/{attribute}", value + "\n", "0444");

    /// <summary>A boot: files in memory are gone. The entry has no condition on an existing directory.</summary>
    private StageReport Boot(string path = "", string commandLine = "", Action? mount = null, string providers = "cdrom")
    {
        if (root.Has("/run/config")) Directory.Delete(root.At("/run/config"), recursive: true);
        var datasource = $"{{providers: [{providers}]{(path.Length > 0 ? ", path: " + path : "")}}}";
        root.Put("/system/00.yaml", $"stages:\n  initramfs.before:\n  - name: seed\n    datasource: {datasource}\n", "0644");
        root.Put("/proc/cmdline", commandLine + "\n", "0644");
        StageReport? report = null;
        root.Inside(() =>
        {
            mount?.Invoke();
            report = new StageRunner(["/system", "/run/config", "/oem/"], new StageFacts(), MessageLog.None).Run("initramfs");
        });
        return report!;
    }

    private static string Warning(StageReport report)
    {
        var problem = Assert.Single(report.Problems);
        Assert.True(problem.IsWarning, problem.Reason);
        return problem.Reason;
    }

    private static string Digest(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_mark_and_the_report_name_the_volume_and_its_digest()
    {
        Insert("vdb", Mine, "seed-1");
        Attribute("vdb", "model", "Seed \"drive\"");
        var report = Boot();
        Assert.Empty(report.Problems);
        Assert.Equal($"DEVICE=/dev/vdb\nMODEL=Seed ?drive?\nSERIAL=seed-1\nSHA256={Digest(Mine)}\n", root.Read(Mark));
        Assert.Equal(("0600 0:0", "0755 0:0"), (root.ModeAndOwner(Mark), root.ModeAndOwner("/oem/kairosboot")));
        Assert.Equal(new UserDataMark("/dev/vdb", "Seed ?drive?", "seed-1", Digest(Mine)), Assert.Single(report.UserData));
    }

    [Fact]
    public void The_log_names_the_volume_and_its_digest()
    {
        Insert("vdb", Mine, "seed-1");
        root.Put("/system/00.yaml", "stages: {initramfs: [{name: seed, datasource: {providers: [cdrom]}}]}\n", "0644");
        Assert.Empty(root.Run("initramfs", ["/system"]).Problems);
        Assert.Contains($"seed: user-data from /dev/vdb/user-data written to {Taken}; volume /dev/vdb (serial \"seed-1\"), sha256 " +
            $"{Digest(Mine)}", root.Log);
    }

    [Fact]
    public void The_volume_of_the_machine_is_used_at_every_boot_without_a_warning()
    {
        var volume = Insert("vdb", Mine, "seed-1");
        Assert.Empty(Boot().Problems);
        var mark = File.GetLastWriteTimeUtc(root.At(Mark));
        Assert.Empty(Boot().Problems);
        volume.Dispose();
        Insert("vdc", Mine, "seed-1");
        Assert.Empty(Boot().Problems);
        Assert.Equal((Mine, mark), (root.Read(Taken), File.GetLastWriteTimeUtc(root.At(Mark))));
    }

    [Fact]
    public void A_strangers_volume_is_ignored_and_named()
    {
        var volume = Insert("vdb", Mine, "seed-1");
        Assert.Empty(Boot().Problems);
        Insert("vda", Strange, "stranger");
        var report = Boot();
        Assert.Equal($"/dev/vda (serial \"stranger\") is ignored: user-data was already used, from /dev/vdb (serial \"seed-1\"); "
            + "to allow new user-data: kboot reset --oem", Warning(report));
        Assert.Equal((Mine, "/dev/vdb"), (root.Read(Taken), report.UserData[0].Device));
        volume.Dispose();
        Assert.Contains("/dev/vda (serial \"stranger\") is ignored", Warning(Boot()));
        Assert.False(root.Has(Taken));
        Assert.DoesNotContain("strange", root.Read("/log"));
    }

    [Fact]
    public void Another_disc_in_the_same_drive_is_ignored()
    {
        Insert("sr0", Mine);
        Assert.Empty(Boot().Problems);
        volumes[^1].Dispose();
        Insert("sr0", Strange, label: "anything");
        var report = Boot();
        Assert.Contains($"/dev/sr0 is ignored: its user-data (sha256 {Digest(Strange)}) differs from that used before (sha256 " +
            $"{Digest(Mine)})", Warning(report));
        Assert.Empty(report.UserData);
        Assert.False(root.Has(Taken));
        volumes[^1].MustBeFree();
    }

    [Fact]
    public void A_disc_without_user_data_gives_no_warning()
    {
        Insert("vdb", Mine, "seed-1");
        Assert.Empty(Boot().Problems);
        Insert("sr0", "music", "drive", label: "MUSIC", path: "track1");
        Assert.Empty(Boot().Problems);
    }

    [Fact]
    public void Changed_metadata_with_the_same_user_data_is_ignored()
    {
        const string user = "openstack/latest/user_data", machine = "openstack/latest/meta_data.json";
        SeedVolume Drive(string key) => new(root, "vdb", "config-2", tree =>
        {
            SeedVolume.With(user, Mine)(tree);
            SeedVolume.With(machine, """{"public_keys": {"a": "ssh-ed25519 KEY"}}""".Replace("KEY", key))(tree);
        });
        using (Drive("MINE")) Assert.Empty(Boot(providers: "config-drive").Problems);
        Assert.Contains("MINE", root.Read("/root/.ssh/authorized_keys"));
        using (Drive("MINE")) Assert.Empty(Boot(providers: "config-drive").Problems);
        using (Drive("STRANGE")) Assert.Contains("its metadata is ignored", Warning(Boot(providers: "config-drive")));
        Assert.DoesNotContain("STRANGE", root.Read("/root/.ssh/authorized_keys"));
        Assert.Equal(Mine, root.Read(Taken));
    }

    [Fact]
    public void A_machine_that_has_the_directory_of_Kairos_counts_as_marked()
    {
        root.Put("/oem/95_userdata/userdata.yaml", "stages: {}\n", "0600");
        Insert("vdb", Strange, "stranger");
        Assert.Contains("/dev/vdb (serial \"stranger\") is ignored: user-data was already used;", Warning(Boot("/oem/95_userdata")));
        Assert.Equal(("stages: {}\n", false), (root.Read("/oem/95_userdata/userdata.yaml"), root.Has(Mark)));
    }

    [Fact]
    public void User_data_in_the_directory_of_Kairos_gets_a_mark()
    {
        var volume = Insert("vdb", Mine, "seed-1");
        Assert.Empty(Boot("/oem/95_userdata").Problems);
        Assert.Contains(Digest(Mine), root.Read(Mark));
        Assert.Empty(Boot("/oem/95_userdata").Problems);
        volume.Dispose();
        Insert("vdb", Strange, "seed-1");
        Assert.Contains("differs from that used before", Warning(Boot("/oem/95_userdata")));
        Assert.Equal(Mine, root.Read("/oem/95_userdata/userdata.yaml"));
    }

    [Theory]
    [InlineData("fifo", "is a FIFO, not a file")]
    [InlineData("huge", "has 1073741824 bytes; the mark of user-data may have 4096")]
    [InlineData("garbage", "does not name a volume")]
    [InlineData("short digest", "does not name a volume")]
    [InlineData("empty", "does not name a volume")]
    [InlineData("directory", "is a directory, not a file")]
    [InlineData("link", "is a link, not a file")]
    [InlineData("zeros", "is a device, not a file")]
    public void An_unreadable_mark_counts_as_a_mark(string kind, string reason)
    {
        var path = root.At(Mark);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        switch (kind)
        {
            case "fifo": SeedVolume.MakeFifo(path); break;
            case "huge":
                using (var file = File.Create(path)) file.SetLength(1 << 30);
                break;
            case "garbage": File.WriteAllBytes(path, [0, 0xFF, (byte)'\n', 0xC3]); break;
            case "short digest": File.WriteAllText(path, "DEVICE=/dev/vdb\nSHA256=abc\n"); break;
            case "empty": File.WriteAllText(path, ""); break;
            case "directory": Directory.CreateDirectory(path); break;
            case "link": File.CreateSymbolicLink(path, "/nowhere"); break;
            case "zeros": AtPath.MkNod(path, FileType.CharacterDevice, Octal.O666, Syscall.DeviceNumber(1, 5)); break;
        }
        Insert("vdb", Strange);
        var report = Boot();
        Assert.Equal(2, report.Problems.Length);
        Assert.All(report.Problems, problem => Assert.True(problem.IsWarning));
        Assert.Contains($"{Mark} {reason}: it counts as a mark of used user-data", report.Problems[0].Reason);
        Assert.Contains("/dev/vdb is ignored: user-data was already used;", report.Problems[1].Reason);
        Assert.False(root.Has(Taken));
    }

    [Fact]
    public void Without_OEM_the_provider_is_used_at_every_boot()
    {
        Directory.Delete(root.At("/oem"));
        Insert("vdb", Mine, "seed-1").Dispose();
        foreach (var (content, serial) in new[] { (Mine, "seed-1"), (Strange, "seed-2") })
        {
            using var volume = new SeedVolume(root, "vdb", "cidata", SeedVolume.With("user-data", content));
            Assert.Empty(Boot().Problems);
            Assert.Equal(content, root.Read(Taken));
        }
        Assert.False(root.Has("/oem"));
    }

    [Fact]
    public void A_read_only_OEM_directory_of_the_image_is_not_a_partition()
    {
        Insert("vdb", Mine);
        Assert.Empty(Boot(mount: () =>
        {
            Syscall.Mount("/oem", "/oem", "", MountFlags.Bind, "");
            Syscall.Mount("none", "/oem", "", MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly, "");
        }).Problems);
        Assert.Equal((Mine, false), (root.Read(Taken), root.Has(Mark)));
    }

    [Fact]
    public void A_partition_that_cannot_have_a_mark_gets_no_user_data()
    {
        Insert("vdb", Strange);
        var report = Boot(mount: () => Syscall.Mount("none", "/oem", "tmpfs", MountFlags.ReadOnly, ""));
        Assert.Contains("/dev/vdb is ignored: /oem is read-only and cannot record the use of its user-data", Warning(report));
        Assert.False(root.Has(Taken));
    }

    [Fact]
    public void A_machine_that_stops_before_the_mark_uses_the_same_user_data_again()
    {
        Insert("vdb", Mine, "seed-1");
        root.Put("/oem/kairosboot", "in the way", "0600");
        Assert.Contains("kairosboot", Assert.Single(Boot("/oem/mine").Problems).Reason);
        Assert.Equal(Mine, root.Read("/oem/mine/userdata.yaml"));
        File.Delete(root.At("/oem/kairosboot"));
        Assert.Empty(Boot("/oem/mine").Problems);
        Assert.Contains(Digest(Mine), root.Read(Mark));
    }

    [Theory]
    [InlineData("sdb", "usb", "USB")]
    [InlineData("sr0", "usb", "USB")]
    [InlineData("mmcblk0", "sd", "SD")]
    public void USB_and_SD_media_need_the_kernel_option(string device, string bus, string name)
    {
        var volume = Insert(device, Mine);
        PutOn(bus, device);
        Assert.Contains($"/dev/{device} is ignored: user-data from {name} needs the kernel option kairosboot.userdata=usb",
            Warning(Boot()));
        Assert.False(root.Has(Taken));
        Assert.False(root.Has(Mark));
        Assert.Empty(Boot(commandLine: "quiet kairosboot.userdata=usb").Problems);
        Assert.Equal(Mine, root.Read(Taken));
        // Without the option the medium may stay connected.
        Assert.Empty(Boot().Problems.Where(problem => problem.IsWarning));
        volume.Dispose();
    }

    [Fact]
    public void USB_media_need_a_partition_that_keeps_the_mark()
    {
        Insert("sdb", Strange);
        PutOn("usb", "sdb");
        var report = Boot(commandLine: "kairosboot.userdata=usb", mount: () => Syscall.Mount("none", "/oem", "tmpfs", MountFlags.None, ""));
        Assert.Contains("user-data from USB needs a COS_OEM partition to record it", Warning(report));
    }

    /// <summary>The entry of a device in sysfs: class/block has a link into the device tree.</summary>
    private void PutOn(string bus, string device)
    {
        if (bus == "sd")
        {
            Attribute(device, "type", "SD");
            return;
        }
        var devices = root.At("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block");
        Directory.CreateDirectory(devices);
        Directory.Move(root.At($"/sys/class/block/{device}"), $"{devices}/{device}");
        File.CreateSymbolicLink(root.At($"/sys/class/block/{device}"),
            $"../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/{device}");
    }
}
