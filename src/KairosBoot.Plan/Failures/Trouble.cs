namespace KairosBoot.Plan;

/// <summary>What a system call reported, as far as the advice depends on it.</summary>
public enum Trouble { Unreadable, Full, ReadOnly, NoMemory, Refused, NoDriver, Damaged, InTheWay, Busy, Other }

/// <summary>How to fix what a system call reported. An OperatorException has its own fix.</summary>
public static class TroubleFix
{
    /// <summary>For a program that is at fault itself.</summary>
    public const string Defect = "report this as a defect, with the boot log";

    /// <param name="step">The step that failed.</param>
    /// <param name="trouble">Why.</param>
    public static string Of(Step step, Trouble trouble) => step is MountImage && trouble == Trouble.Damaged
        ? "write the image again: kboot upgrade"
        : Of(SystemPaths.InNewRoot(step.Place), trouble);

    /// <param name="place">The file or device that was used, as the running system names it.</param>
    /// <param name="trouble">As above.</param>
    public static string Of(string place, Trouble trouble)
    {
        place = ShellText.Quote(place);
        return trouble switch
        {
            Trouble.Unreadable => "check cable and disk (smartctl -a), and copy the disk (ddrescue) before any repair",
            Trouble.Full => "free space and inodes: df -hi " + place,
            Trouble.ReadOnly => "find in dmesg why it is read-only, and repair it in recovery: " + place,
            Trouble.NoMemory => "give the machine more memory",
            Trouble.Refused => "find in dmesg what refuses it, and change that: " + place,
            Trouble.NoDriver => "add the driver: kboot initrd build --modules",
            Trouble.Damaged => "check the file system (fsck in recovery) and the options in the layout: " + place,
            Trouble.InTheWay => "remove or create it in recovery: ls -ld " + place,
            Trouble.Busy => "end what uses it: fuser -vm " + place,
            _ => "read dmesg about " + place,
        };
    }
}
