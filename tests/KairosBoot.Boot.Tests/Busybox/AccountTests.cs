using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>Users of a cloud-config over three boots on one persistent partition: users are added, removed and renamed.</summary>
public sealed class AccountTests
{
    private const string Command = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=1";
    private const string Label = "system_u:object_r:kairosboot_test_t:s0";
    private static readonly string[] Labelled =
        ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/hosts", "/etc/hostname", "/etc/fstab", "/etc/machine-id"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private static readonly Lazy<byte[]> Image = new(() => BusyboxRoot.ImageWith("accounts", tree =>
    {
        File.WriteAllText(tree + "/etc/shadow", "root:*:19000:0:99999:7:::\n");
        foreach (string file in (string[])["/etc/fstab", "/etc/machine-id"]) File.WriteAllText(tree + file, "");
        Directory.CreateDirectory(tree + "/etc/selinux");
        File.WriteAllText(tree + "/etc/selinux/config", "SELINUX=permissive\n");
        BusyboxRoot.AddProgram(tree, "/usr/bin/getfattr", "/bin/getfattr");
        // mke2fs copies the labels.
        foreach (string file in Labelled) Tool.Run("setfattr", "-n", "security.selinux", "-v", Label, tree + file);
    }, mebibytes: 16));

    private static string Config(params string[] users) =>
        "stages: {initramfs: [{hostname: node, users: {" +
        string.Join(", ", users.Select(user => $"{user}: {{passwd: '!', ssh_authorized_keys: [key-of-{user}]}}")) + "}}]}";

    /// <summary><c>NAME:UID:GID:HOME-OWNER:KEYS-OWNER:KEY</c> of all declared users.</summary>
    private static string Users(GuestShell shell) => shell.Run(
        "for u in $(awk -F: '$3 >= 1000 {print $1}' /etc/passwd | sort); do " +
        "echo $(awk -F: -v u=$u '$1 == u {print $1 \":\" $3 \":\" $4}' /etc/passwd):$(stat -c %u:%g /home/$u):" +
        "$(stat -c %u /home/$u/.ssh/authorized_keys):$(cat /home/$u/.ssh/authorized_keys); done");

    private static string Rows(params (string Name, int Id)[] users) => string.Join('\n',
        users.Select(u => $"{u.Name}:{u.Id}:{u.Id}:{u.Id}:{u.Id}:{u.Id}:key-of-{u.Name}"));

    private static void Check(GuestShell shell, string users)
    {
        Assert.Equal(users, Users(shell));
        foreach (string file in Labelled)
            Assert.Equal(Label, shell.Run($"getfattr --absolute-names --only-values -n security.selinux {file}").TrimEnd('\0'));
        Assert.Equal(("good", 0),
            (Report.Of(shell).GetProperty("verdict").GetString(), Report.Of(shell).GetProperty("cloudConfigProblems").GetArrayLength()));
        Assert.Equal("600 0", shell.Run("stat -c '%a %u' /usr/local/.state/.kairosboot/accounts"));
    }

    [Fact]
    public void Ids_homes_keys_and_labels_hold_if_users_are_added_removed_and_renamed()
    {
        // disk: | COS_OEM: 90.yaml | COS_STATE: active.img (busybox, labels) | COS_PERSISTENT |
        using SmallDisk disk = new(new Partition("COS_OEM", 8, ("/90.yaml", Encoding.UTF8.GetBytes(Config("zed", "test")))),
            new Partition("COS_STATE", 32, ("/cOS/active.img", Image.Value)), new Partition("COS_PERSISTENT", 16));
        using QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "accounts", Disks = [disk.File], CommandLine = Command });
        GuestShell shell = GuestShell.OfBusybox(first);
        Check(shell, Rows(("test", 1000), ("zed", 1001)));
        Assert.Equal("/home/test", shell.Run("grep -x /home/test /run/kairosboot/relabel"));
        shell.Run($"echo \"{Config("aaa", "zed", "test")}\" > /oem/90.yaml");
        shell.Leave("poweroff");
        first.ExpectEnd(Limit);

        using QemuMachine second = first.SwitchOnAgain(Command);
        shell = GuestShell.OfBusybox(second);
        Check(shell, Rows(("aaa", 1002), ("test", 1000), ("zed", 1001)));
        // test is removed, zed is renamed.
        shell.Run($"echo \"{Config("aaa", "zed2")}\" > /oem/90.yaml");
        shell.Leave("poweroff");
        second.ExpectEnd(Limit);

        using QemuMachine third = second.SwitchOnAgain(Command);
        shell = GuestShell.OfBusybox(third);
        Check(shell, Rows(("aaa", 1002), ("zed2", 1003)));
        Assert.Equal("1000 1001", shell.Run("echo $(stat -c %u /home/test /home/zed)"));
    }
}
