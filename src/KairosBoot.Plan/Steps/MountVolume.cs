using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A volume with data on it: checked first where that is due, mounted, and where that fails or must not be, what its policy says. One step,
/// because how it is mounted depends on what the check says. The mount point is made where it is missing.
/// </summary>
/// <param name="Class">What a failure means.</param>
/// <param name="Device">Where it is, with the superblock as it was found.</param>
/// <param name="Target">Mount point as the initrd sees it.</param>
/// <param name="Policy">What to do where it is damaged or cannot be mounted.</param>
/// <param name="Checks">When it is checked, and how.</param>
public sealed record MountVolume(StepClass Class, BlockDevice Device, string Target, VolumePolicy Policy, FileSystemChecks Checks) : Step(Class)
{
    /// <summary>Why it is checked before it is mounted; null: it is not, unless mounting it fails.</summary>
    public CheckReason? Check => Device.Superblock is { } superblock ? Checks.ReasonFor(superblock) : null;

    /// <summary>The image whose fsck runs, mounted here.</summary>
    public string Image { get; init; } = SystemPaths.Sysroot;

    /// <summary>For mount(2).</summary>
    public string Type => Device.Superblock?.MountType ?? "ext4";

    /// <summary>Of <see cref="PathOptions"/>: the same however it comes to be mounted.</summary>
    public string Flags { get; init; } = "";

    /// <summary><c>ro</c> for the formats that nothing writes to, and the flags.</summary>
    public string Options => PathOptions.Join(Type is "squashfs" or "erofs" or "iso9660" ? "ro" : "rw", Flags);

    /// <summary>False: checking it can do no good. Nobody knows what is on a device without a superblock.</summary>
    public bool MayBeChecked => Checks.Mode != FsckMode.Skip && Device.Superblock is not null;

    /// <summary>Names of the programs that check it, best one first.</summary>
    public ImmutableArray<string> CheckPrograms => Type == "ext4" ? ["fsck.ext4", "e2fsck"] : ["fsck." + Type];

    /// <summary>What a person repairs it with: two of these do nothing under the name of fsck.</summary>
    public string RepairCommand => Type switch
    {
        "xfs" => "xfs_repair " + Device.Node,
        "btrfs" => "btrfs check --repair " + Device.Node,
        _ => $"{CheckPrograms[0]} -y {Device.Node}",
    };

    /// <summary>
    /// Ways to mount it without writing, in the order in which to try them. The later ones do not replay the journal, which is what a damaged
    /// journal or a write-protected device needs.
    /// </summary>
    public ImmutableArray<string> ReadOnlyOptions
    {
        get
        {
            var plain = PathOptions.Join("ro", Flags);
            return Type switch
            {
                "ext4" => [plain, plain + ",noload"],
                "xfs" => [plain, plain + ",norecovery"],
                "btrfs" => [plain, plain + ",rescue=all"],
                _ => [plain],
            };
        }
    }

    /// <summary><c>COS_PERSISTENT on /dev/vda5 (ext4)</c></summary>
    public string Name => $"{Device.Superblock?.Label ?? Device.PartLabel ?? "the volume"} on {Device.Node} ({Type})";

    public override string Command
    {
        get
        {
            var mount = MountCommand(Options);
            var text = new StringBuilder();
            if (Check is not null) text.Append(CheckCommand(Checks.Mode == FsckMode.Force)).Append("; [ $? -lt 4 ] && ").Append(mount);
            else if (!MayBeChecked) text.Append(mount);
            else text.Append(mount).Append(" || { ").Append(CheckCommand(force: true)).Append("; [ $? -lt 4 ] && ").Append(mount).Append("; }");
            foreach (var options in ReadOnlyOptions) text.Append(" || ").Append(MountCommand(options));
            if (Policy.Missing == MissingVolume.Tmpfs)
                text.Append($" || mount -t tmpfs -o {Policy.TmpfsOptions(Flags)} tmpfs ").Append(ShellText.Quote(Target));
            return text.ToString();
        }
    }

    public override PlannedMount Mount => MountWith(Options);

    /// <summary>The mount as fstab will show it, with the options that worked.</summary>
    public PlannedMount MountWith(string options) => new(Device.StableName, Target, Type, options) { Source = Device.Node };

    /// <summary>What is there instead where nothing worked.</summary>
    public PlannedMount MountOfTmpfs => new("tmpfs", Target, "tmpfs", Policy.TmpfsOptions(Flags)) { Source = "tmpfs" };

    private string MountCommand(string options) => $"mount -t {Type} -o {options} {ShellText.Quote(Device.Node)} {ShellText.Quote(Target)}";

    private string CheckCommand(bool force) => $"chroot {Image} {CheckPrograms[0]} {Checks.Options(force)} {Device.Node}";
}
