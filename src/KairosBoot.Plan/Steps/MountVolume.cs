using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// Mounts a volume with data: checks it first if a check is due, mounts it, and follows its policy if it cannot be mounted. This is one
/// step, because the result of the check decides how it is mounted. Creates the mount point if it is missing.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Device">The device, with the superblock that was found on it.</param>
/// <param name="Target">Mount point in the initrd.</param>
/// <param name="Policy">What to do if it is damaged or cannot be mounted.</param>
/// <param name="Checks">When and how it is checked.</param>
public sealed record MountVolume(StepClass Class, BlockDevice Device, string Target, VolumePolicy Policy, FileSystemChecks Checks)
    : Step(Class)
{
    /// <summary>Why it is checked before the mount; null: it is checked only if the mount fails.</summary>
    public CheckReason? Check => Device.Superblock is { } superblock ? Checks.ReasonFor(superblock) : null;

    /// <summary>Mount point of the image that provides the fsck program.</summary>
    public string Image { get; init; } = SystemPaths.Sysroot;

    /// <summary>File-system type for mount(2).</summary>
    public string Type => Device.Superblock?.MountType ?? "ext4";

    /// <summary>The end of a message that it is not mounted: what else is lost (<see cref="StoredPaths.Lost"/>).</summary>
    public string Lost { get; init; } = "";

    /// <summary>Options from <see cref="PathOptions"/>, used for every way to mount it.</summary>
    public string Flags { get; init; } = "";

    /// <summary><c>ro</c> for read-only formats, else <c>rw</c>, and the flags.</summary>
    public string Options => PathOptions.Join(Type is "squashfs" or "erofs" or "iso9660" ? "ro" : "rw", Flags);

    /// <summary>False: a check is useless, because the content of a device without a superblock is unknown.</summary>
    public bool MayBeChecked => Checks.Mode != FsckMode.Skip && Device.Superblock is not null;

    /// <summary>Names of the programs that can check it, in order of preference.</summary>
    public ImmutableArray<string> CheckPrograms => Type == "ext4" ? ["fsck.ext4", "e2fsck"] : ["fsck." + Type];

    /// <summary>The command that an operator repairs it with. For xfs and btrfs, fsck does nothing.</summary>
    public string RepairCommand => Type switch
    {
        "xfs" => "xfs_repair " + Device.Node,
        "btrfs" => "btrfs check --repair " + Device.Node,
        _ => $"{CheckPrograms[0]} -y {Device.Node}",
    };

    /// <summary>
    /// Options to mount it without writing, in the order in which to try them. The later ones do not replay the journal, which helps with
    /// a damaged journal or a write-protected device.
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

    public override string Place => Device.Node;

    public override string Command
    {
        get
        {
            var mount = MountCommand(Options);
            var text = new StringBuilder($"mkdir -p {ShellText.Quote(Target)}; ");
            if (Check is not null)
            {
                text.Append(CheckCommand(Checks.Mode == FsckMode.Force)).Append("; [ $? -lt 4 ] && ").Append(mount);
            }
            else if (!MayBeChecked)
            {
                text.Append(mount);
            }
            else
            {
                text.Append(mount).Append(" || { ").Append(CheckCommand(force: true)).Append("; [ $? -lt 4 ] && ").Append(mount)
                .Append("; }");
            }

            foreach (var options in ReadOnlyOptions) text.Append(" || ").Append(MountCommand(options));
            if (Policy.Missing == MissingVolume.Tmpfs)
                text.Append($" || mount -t tmpfs -o {Policy.TmpfsOptions(Flags)} tmpfs ").Append(ShellText.Quote(Target));
            return text.Append(" # the errors, the result of a check and the policy decide which of these").ToString();
        }
    }

    public override PlannedMount Mount => MountWith(Options);

    /// <summary>The mount as fstab shows it, with the options that worked.</summary>
    public PlannedMount MountWith(string options) => new(Device.StableName, Target, Type, options) { Source = Device.Node };

    /// <summary>The tmpfs that is mounted instead if nothing worked.</summary>
    public PlannedMount MountOfTmpfs => new("tmpfs", Target, "tmpfs", Policy.TmpfsOptions(Flags)) { Source = "tmpfs" };

    private string MountCommand(string options) => $"mount -t {Type} -o {options} {ShellText.Quote(Device.Node)} {ShellText.Quote(Target)}";

    private string CheckCommand(bool force) => $"chroot {Image} {CheckPrograms[0]} {Checks.Options(force)} {ShellText.Quote(Device.Node)}";
}
