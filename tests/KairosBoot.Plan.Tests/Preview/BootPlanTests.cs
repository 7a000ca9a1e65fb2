using System.Text.RegularExpressions;
using KairosBoot.Plan.Tests.Documents;

namespace KairosBoot.Plan.Tests;

/// <summary>A boot as the list of its commands: the golden text, and the order of Boot.cs.</summary>
public sealed partial class BootPlanTests
{
    private const string Layout = "VOLUMES=LABEL=COS_PERSISTENT:/usr/local\nRW_PATHS=/etc\nPERSISTENT_STATE_PATHS=/root\n";

    private static BootPreview Plan(string commandLine, string? layout)
    {
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));
        var read = LayoutReader.Read(request, layout, null, null);
        return new(request, BootPlan.For(request, PlannedDevices.Assume(request, read), read)) { Assumptions = ["one", "two"] };
    }

    [Fact]
    public void A_boot_is_a_list_of_commands_with_classes_and_reasons() => Assert.Equal(
        """
        # active from /cOS/active.img
        # assumed: one
        # assumed: two

        # start: the kernel's own file systems
        mkdir -p /proc && mount -t proc -o nosuid,nodev,noexec proc /proc # required: a file system of the kernel
        mkdir -p /sys && mount -t sysfs -o nosuid,nodev,noexec sysfs /sys # required: a file system of the kernel
        mkdir -p /dev && mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev # required: a file system of the kernel
        mkdir -p /run && mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run # required: a file system of the kernel
        mkdir -p /kept && (cd /kept && mkdir -p . dev oldroot proc run sys state) && mv /init /kept/shutdown && mkdir -p /run/initramfs && mount --bind -o nosuid,nodev /kept /run/initramfs # degraded: the next shutdown unmounts the image with it

        # disk: drivers, then the partitions of the system
        # load the drivers of the initrd for this hardware; wait for LABEL=COS_STATE # kairosboot.timeout=60

        # root: the image
        mkdir -p /run/initramfs/cos-state && mount -t ext4 -o ro,nosuid,nodev,noexec LABEL=COS_STATE /run/initramfs/cos-state # required: holds /cOS/active.img
        # count one attempt of active in /run/initramfs/cos-state/bootstate # if the loader has not counted it
        mkdir -p /sysroot && mount -o loop,ro /run/initramfs/cos-state/cOS/active.img /sysroot # required: the root
        i=$( (stat -c %Y /sysroot/usr/lib/clock-epoch || stat -c %Y /sysroot/usr/lib/os-release || stat -c %Y /sysroot/etc/os-release || echo 0) 2>/dev/null ); n=$i; [ $n -le $(date +%s) ] || date -s @$n # optional: a machine without a battery starts in 1970
        printf %s 1 | install -D -m 644 /dev/stdin /run/cos/active_mode # required: tells cloud-configs which slot runs

        # rootfs: cloud-configs before the layout
        # run the cloud-config stage rootfs, with its stages before and after # it may write the layout and change disks

        # layout: what is writable, and what persists
        mkdir -p /run/overlay && mount -t tmpfs -o rw,nosuid,nodev,size=25%,mode=0755 tmpfs /run/overlay # required: what the overlays hold: OVERLAY=tmpfs:25%
        rm -rf /run/overlay/etc/.overlay; mkdir -p /run/overlay/etc/.overlay/work; [ -d /run/overlay/etc/.overlay/upper ] || { mkdir /run/overlay/etc/.overlay/upper; chown --reference=/sysroot/etc /run/overlay/etc/.overlay/upper; chmod --reference=/sysroot/etc /run/overlay/etc/.overlay/upper; }; mount -t overlay -o lowerdir=/sysroot/etc,upperdir=/run/overlay/etc/.overlay/upper,workdir=/run/overlay/etc/.overlay/work overlay /sysroot/etc # a new upper directory also gets the extended attributes # required: the layout makes it writable until the next boot
        mkdir -p /sysroot/usr/local; mount -t ext4 -o rw LABEL=COS_PERSISTENT /sysroot/usr/local || { chroot /sysroot fsck.ext4 -a -f LABEL=COS_PERSISTENT; [ $? -lt 4 ] && mount -t ext4 -o rw LABEL=COS_PERSISTENT /sysroot/usr/local; } || mount -t ext4 -o ro LABEL=COS_PERSISTENT /sysroot/usr/local || mount -t ext4 -o ro,noload LABEL=COS_PERSISTENT /sysroot/usr/local # the errors, the result of a check and the policy decide which of these # required: VOLUMES, /run/cos/cos-layout.env:1
        # fill new stores from the image; in existing ones, update the files that the user did not change # degraded: new stores start with the content of the image
        mkdir -p /sysroot/usr/local/.state
        [ -d /sysroot/usr/local/.state/root.bind ] || cp -a /sysroot/root /sysroot/usr/local/.state/root.bind
        mkdir -p /sysroot/root && mount --bind /sysroot/usr/local/.state/root.bind /sysroot/root # degraded: the layout makes it persistent
        # write /sysroot/etc/fstab from the mounts in /proc/self/mountinfo # degraded: what was really mounted
        id=$(grep -hsx '[0-9a-f]\{32\}' /sysroot/usr/local/etc/machine-id | grep -vxm1 '0*' || tr -d - < /proc/sys/kernel/random/uuid); for f in /sysroot/usr/local/etc/machine-id /sysroot/etc/machine-id; do echo $id | install -D -m 444 /dev/stdin $f; done # degraded: the same machine id in every slot
        mkdir -p /dev/pts && mount -t devpts -o nosuid,noexec,gid=5,mode=0620,ptmxmode=0000 devpts /dev/pts # optional: a file system of the kernel
        mkdir -p /dev/shm && mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm # optional: a file system of the kernel
        # switch the root to /sysroot; move /dev /proc /sys /run # the image becomes /
        mkdir -p /run && ln -sfn /run/kairosboot /run/immucore # optional: where support scripts of Kairos look for logs
        for image in /var/lib/kairos/extensions/active/*.raw; do if [ -e "$image" ]; then mkdir -p /run/extensions && ln -sfn "$(readlink -f "$image")" /run/extensions/; fi; done # an image that does not fit is left out # optional: system extensions of the slot
        for image in /var/lib/kairos/confexts/active/*.raw; do if [ -e "$image" ]; then mkdir -p /run/confexts && ln -sfn "$(readlink -f "$image")" /run/confexts/; fi; done # an image that does not fit is left out # optional: system extensions of the slot

        # initramfs: cloud-configs in the new root
        # run the cloud-config stage initramfs, with its stages before and after # users, files, host name

        # hand-over: the image's own init
        # exec /sbin/init # PID 1 of the system

        """, Plan("rd.immucore.oemlabel=", Layout).ToText());

    // The same plans in the same order, so that a step that is added to the boot is also planned.
    [Fact]
    public void The_plan_asks_what_the_boot_asks_in_the_same_order()
    {
        var boot = SourceTree.Read("src/KairosBoot.Init/Boot.cs");
        string[] asked = [.. from match in AppliedPlan().Matches(boot) select match.Groups[1].Value];
        string[] planned = [.. from match in PlannedPlan().Matches(SourceTree.Read("src/KairosBoot.Plan/Preview/BootPlan.cs"))
                            select match.Groups[1].Value];
        Assert.Equal(8, asked.Length);
        // BootParts mounts the first ones, before there is a log.
        Assert.Equal(["ApiFileSystems.Mounts", .. asked], planned);
        Assert.Contains("ApiFileSystems.Mounts", SourceTree.Read("src/KairosBoot.Init/Program.cs"));
    }

    [Theory]
    [InlineData("", "/dev /proc /sys /run /oem /etc /usr/local /root")]
    [InlineData("rd.immucore.oemlabel=", "/dev /proc /sys /run /etc /usr/local /root")]
    public void The_image_needs_the_mount_points_that_no_other_mount_creates(string commandLine, string expected)
    {
        var needed = NeededDirectories.Of(Plan(commandLine, Layout + "OVERLAY_LIMITS=/etc=10m\n" +
            "CUSTOM_BIND_MOUNTS=\"/etc/ssh /usr/local/data\"\n").Phases);
        Assert.Equal(expected.Split(' ').Order(), needed.Select(row => row.Path).Order());
        Assert.Equal(StepClass.Degraded, needed.Single(row => row.Path == "/root").Class);
        Assert.Equal(StepClass.Required, needed.Single(row => row.Path == "/usr/local").Class);
    }

    // A reason for every step that a layout or a command line can lead to.
    [Fact]
    public void Recovery_overlays_on_a_device_limits_and_options_have_reasons()
    {
        var text = Plan("root=LABEL=COS_RECOVERY rd.immucore.debugrw", "OVERLAY=LABEL=TMP\nMOUNT_OPTIONS=/oem=noexec\n").ToText() +
            Plan("", Layout + "OVERLAY_LIMITS=/etc=10m\nPERSISTENT_STATE_BIND=false\n").ToText();
        foreach (var reason in (string[])["where kairos-agent looks in recovery", "the layout sets MOUNT_OPTIONS", "OVERLAY=LABEL=TMP",
            "the root, writable because of rd.immucore.debugrw", "the layout sets OVERLAY_LIMITS", "cloud-configs of this machine"])
        {
            Assert.Contains(reason, text);
        }
    }

    // The commands can be pasted: a label is never a part of the shell's language.
    [Fact]
    public void A_label_with_signs_of_the_shell_is_quoted_in_every_command()
    {
        var text = Plan("", "VOLUMES=LABEL=$(reboot):/srv/data\n").ToText();
        Assert.Contains("'LABEL=$(reboot)'", text);
        Assert.DoesNotMatch(@"[^']LABEL=\$", text);
    }

    [GeneratedRegex(@"Plans\.Apply\((\w+\.\w+)")]
    private static partial Regex AppliedPlan();

    [GeneratedRegex(@"Steps\((\w+\.\w+)")]
    private static partial Regex PlannedPlan();
}
