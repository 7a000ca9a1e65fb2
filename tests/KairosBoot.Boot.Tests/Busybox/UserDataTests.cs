using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A machine with user-data on a second drive. The image has the drivers for its file systems as modules; the smaller initrd has
/// none.</summary>
public sealed class UserDataTests
{
    private const string Command = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1 rd.immucore.debug";
    private const string Hash = "$6$saltsalt$S3CRETHASH", Token = "S3CRETTOKEN";

    private const string Datasource = """
        stages:
          rootfs.before: &pull
            - name: Pull data from provider
              if: '[ ! -e /oem/95_userdata ] && ([ ! -f /run/cos/uki_boot_mode ] || grep -q "kairos.pull_datasources" /proc/cmdline )'
              datasource:
                providers: ["cdrom", "gcp", "openstack", "aws", "config-drive"]
                path: "/oem/95_userdata"
          initramfs.before: *pull
        """;

    private const string UserData = """
        #cloud-config
        hostname: seeded
        stages:
          rootfs:
            - environment_file: /run/cos/custom-layout.env
              environment:
                CUSTOM_BIND_MOUNTS: "/srv/data"
          initramfs:
            - users:
                ada: {passwd: "HASH", homedir: /home/ada, shell: /bin/sh}
              files:
                - {path: /etc/token, permissions: 0600, content: "TOKEN"}
                - {path: /etc/kernel-release, content: "{{ .Values.kernel.release }}"}
        """;

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWith("seeded", tree =>
    {
        Directory.CreateDirectory(tree + "/system/oem");
        File.WriteAllText(tree + "/system/oem/00_datasource.yaml", Datasource);
        File.WriteAllText(tree + "/etc/shadow", "root:*:19000:0:99999:7:::\n");
        string modules = Directory.GetDirectories(Assets.KernelRoot + "/lib/modules").Single();
        string target = $"{tree}/lib/modules/{Path.GetFileName(modules)}";
        foreach (string directory in (string[])["kernel/fs/fat", "kernel/fs/isofs", "kernel/fs/nls", "kernel/drivers/cdrom"])
        {
            Directory.CreateDirectory(Path.Combine(target, directory));
            foreach (string file in Directory.GetFiles(Path.Combine(modules, directory)))
                File.Copy(file, Path.Combine(target, directory, Path.GetFileName(file)));
        }
        File.Copy(modules + "/modules.dep", target + "/modules.dep");
    }, mebibytes: 16));

    [Fact]
    public void User_data_of_a_fat_drive_takes_effect_in_the_same_boot_and_stays_secret()
    {
        // disk: | COS_OEM | COS_STATE: active.img (busybox, file system modules) | COS_PERSISTENT |, drive: CIDATA, vfat
        using SmallDisk disk = Disk();
        string userData = UserData.Replace("HASH", Hash, StringComparison.Ordinal).Replace("TOKEN", Token, StringComparison.Ordinal);
        using SeedDrive drive = SeedDrive.Fat("CIDATA", ("user-data", userData), ("meta-data", "instance-id: i-1\n"));
        using QemuMachine machine =
            QemuMachine.Start(new MachineSpec { Name = "user-data", Disks = [disk.File, drive.File], CommandLine = Command });
        GuestShell shell = GuestShell.OfBusybox(machine);

        Assert.Equal("seeded seeded", shell.Run("echo $(hostname) $(cat /etc/hostname)"));
        Assert.Equal("1", shell.Run("grep -c ' /srv/data ' /proc/mounts"));
        Assert.Equal("/home/ada", shell.Run("awk -F: '$1 == \"ada\" {print $6}' /etc/passwd"));
        Assert.Equal("600 0:0 11", shell.Run("stat -c '%a %u:%g %s' /etc/token"));
        Assert.Equal(shell.Run("uname -r"), shell.Run("cat /etc/kernel-release"));
        Assert.Equal("700 600 600", shell.Run("cd /oem/95_userdata; echo $(stat -c %a . userdata userdata.yaml)"));
        Assert.NotEqual(0, shell.Try("grep vdb /proc/mounts").Status);
        JsonElement report = Report.Of(shell);
        Assert.Equal(("good", 0), (report.GetProperty("verdict").GetString(), report.GetProperty("cloudConfigProblems").GetArrayLength()));

        shell.Run("test $(grep -c S3CRET /oem/95_userdata/userdata.yaml) = 2");
        Assert.Equal("0 0 0",
            shell.Run("echo $(grep -c S3CRET /run/kairosboot/boot.log) $(grep -c S3CRET /run/kairosboot/report.json) $(dmesg | grep -c " +
            "S3CRET)"));
        Assert.DoesNotContain("S3CRET", machine.Console.Text, StringComparison.Ordinal);
        ConsoleText.HoldsAll(machine.Console,
            "Pull data from provider: user-data from /dev/vdb/user-data written to /oem/95_userdata/userdata.yaml; volume /dev/vdb",
            ", sha256 ");
        Assert.Equal(["/dev/vdb"], report.GetProperty("userData").Strings("device"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(userData))),
            report.GetProperty("userData").Strings("sha256").Single());
        Assert.Equal("600 1",
            shell.Run("echo $(stat -c %a /oem/kairosboot/userdata-taken) $(grep -c DEVICE=/dev/vdb /oem/kairosboot/userdata-taken)"));
    }

    [Fact]
    public void A_bad_user_data_drive_is_reported_and_the_next_one_is_read()
    {
        // disk: as above, drive: CIDATA, vfat, with a directory instead of the file, disc: config-2, ISO 9660
        using SmallDisk disk = Disk();
        using SeedDrive hostile = SeedDrive.Fat("CIDATA", ("user-data/config", "stages: {}"));
        using SeedDrive disc = SeedDrive.Iso("config-2",
            ("openstack/latest/user_data", "stages: {initramfs: [{commands: [echo done > /etc/from-iso]}]}"),
            ("openstack/latest/meta_data.json", """{"uuid": "1", "hostname": "from-iso"}"""));
        using QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = "user-data-disc",
            Disks = [disk.File, hostile.File],
            Disc = disc.File,
            Initrd = Assets.Initrd,
            CommandLine = Command,
        });
        GuestShell shell = GuestShell.OfBusybox(machine);

        Assert.Equal("done", shell.Run("cat /etc/from-iso"));
        Assert.Equal("from-iso", shell.Run("cat /run/config/hostname"));
        JsonElement problems = Report.Of(shell).GetProperty("cloudConfigProblems");
        Assert.Equal(["/dev/vdb/user-data is a directory, not a file; to fix: remove it, or put a regular file there"],
            problems.Strings("reason"));
        ConsoleText.HoldsAll(machine.Console,
            "user-data from /dev/sr0/openstack/latest/user_data written to /oem/95_userdata/userdata.yaml");
        ConsoleText.HoldsNoStackTrace(machine.Console);
    }

    private static SmallDisk Disk() =>
        new(new Partition("COS_OEM", 8), new Partition("COS_STATE", 32, ("/cOS/active.img", Image.Value)),
            new Partition("COS_PERSISTENT", 16));
}
