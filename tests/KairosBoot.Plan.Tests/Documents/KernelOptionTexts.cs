namespace KairosBoot.Plan.Tests.Documents;

/// <summary>
/// Default and meaning of each option in docs/kernel-options.md. They are here and not in <see cref="KernelOptions"/>, because that table
/// is part of PID 1.
/// </summary>
internal static class KernelOptionTexts
{
    /// <param name="Name">As on the command line.</param>
    /// <param name="Default">The value without the option.</param>
    /// <param name="Meaning">One or two plain sentences.</param>
    /// <param name="Form">The form of its value, for options that are not in <see cref="KernelOptions"/>.</param>
    internal sealed record Text(string Name, string Default, string Meaning, string? Form = null);

    internal static readonly Text[] All =
    [
        new("cos-img/filename", "the slot's own image", "The image on its partition. Its name selects the slot."),
        new("root", "active",
            "Selects the slot if no image is named. `live:LABEL=COS_RECOVERY` is recovery; each other `live:` fails immediately."),
        new("rd.live.squashimg", "none", "The image, if `root=` starts with `live:` and `cos-img/filename=` is missing."),
        new("kairosboot.slot", "none", "The slot that the boot loader selected. It is used if neither an image nor `root=` selects one."),
        new("kairos.reset", "off", "Asks recovery for a reset: the sentinel is `autoreset_mode`, and no path persists."),
        new("kairosboot.tries", "none", "The tries that the slot has left. Set by the loader after it has counted the boot."),
        new("kairosboot.why", "none", "Why the loader selected the slot: by the order of the slots, or for this one boot."),
        new("kairosboot.env", "none", "The state of `/bootstate` as the loader found it: readable and writable, read-only, or damaged."),
        new("kairosboot.kexec", "none", "The slot whose kernel started this one with kexec. Set by kairos-boot."),
        new("kairosboot.disk", "none", "The partition that the loader started from. Labels are searched for on its disk only."),
        new("kairosboot.id", "none", "Id of the last good boot, from `/bootstate`, from the loader. It tells the boot disk from copies."),
        new("rd.immucore.overlay", "`tmpfs:25%`",
            "Where the ephemeral overlays keep their files. The layout key `OVERLAY` takes precedence."),
        new("rd.immucore.mount", "none", "Mounts one more volume. May be given several times."),
        new("rd.immucore.oemlabel", "`COS_OEM`", "Label of the OEM partition. An empty value means that the machine has none."),
        new("rd.immucore.oemtimeout", "5", "Seconds to wait for the OEM partition."),
        new("kairosboot.timeout", "60", "Seconds to wait for all required devices together."),
        new("kairosboot.modules", "none",
            "Loads these modules too, before the drivers of the hardware. The initrd must have them. May be given several times."),
        new("modprobe.blacklist", "none",
            "Keeps these modules out, also if another one names them as a soft dependency. May be given several times."),
        new("kairosboot.volume-retries", "3",
            "How many boots in a row a required volume may fail the same way before recovery takes over. 0: it is retried forever."),
        new("kairosboot.persistent", "`ro,stop`", "What happens if `COS_PERSISTENT` is damaged (first word) or missing (second word)."),
        new("fsck.mode", "`auto`", "When file systems are checked: when due, at every boot, never. As in systemd-fsck(8)."),
        new("fsck.repair", "`preen`", "What a check may repair: what is safe, everything, nothing. As in systemd-fsck(8)."),
        new("kairosboot.userdata", "none", "Accepts user-data from USB and SD media, too."),
        new("init", "`/sbin/init`", "The program of the image that takes over as PID 1."),
        new("panic", "10",
            "Seconds between a failed boot and the reboot. 0 keeps the default, a negative number reboots immediately, without keys."),
        new("kairosboot.watchdog", "off", "Seconds without progress after which the watchdog resets the machine."),
        new("rd.immucore.debug", "off", "Logs every step as the shell command that does the same."),
        new("rd.immucore.debugrw", "off", "Mounts the image read-write. Changes stay in the image: for debugging only."),
        new("kairosboot.keys", "on", "off: neither the failure screen nor a break takes keys."),
        new("kairosboot.shell", "`never`",
            "Whether the failure screen and a break may open a shell: never, with root's password, or always."),
        new("kairosboot.break", "none",
            "Stops before these steps for 120 s, or for a shell. The steps are in [keys.md](keys.md#breaks)."),
        new("rd.immucore.disable", "none", "Not supported: a warning is logged."),
        new("rd.immucore.uki", "none", "Not supported (Trusted Boot): the boot fails immediately and says so."),

        new("kairosboot.kargs", "none",
            "Which of the machine's own kernel arguments this boot has. Set by GRUB, read by `kboot assess good`.", "USED/LEFT-OUT"),
        new("kairosboot.grubenv", "none",
            "What became of the kernel arguments in `/oem/grubenv`. Set by GRUB, read by `kboot status`.", "used, refused or last-try"),
        new("kairosboot.good-within", "`60m`", "Active and passive: reboot a system that has not marked its slot good by then. 0: off.",
            GoodDeadline.Form),
        new("kairos.config_url", "none", "One more cloud-config: a file or a directory.", "a path"),
        new("cos.setup", "none", "Older name of `kairos.config_url=`.", "a path"),
        new("stages.", "none", "A cloud-config entry in dot notation: `stages.initramfs[0].commands[0]=\"echo hi\"`.", "any"),
    ];

    internal static Text? Find(string name) => All.FirstOrDefault(text => text.Name == name);
}
