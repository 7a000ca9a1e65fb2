using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Keeps a file of the initrd, whose memory is freed at the hand-over: moves it into a directory of the initrd that stays, and mounts that
/// directory. A copy would need its memory twice, and time.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="From">The file.</param>
/// <param name="Kept">The directory in the initrd. It is created.</param>
/// <param name="To">The new path of the file; its directory becomes the mount point.</param>
/// <param name="Directories">Names of empty directories to create in <paramref name="Kept"/>.</param>
public sealed record KeepFile(StepClass Class, string From, string Kept, string To, ImmutableArray<string> Directories) : Step(Class)
{
    /// <summary>The mount's options.</summary>
    public const string Options = "nosuid,nodev";

    /// <summary>Where the directory is mounted.</summary>
    public string MountPoint => PathParts.ParentOf(To);

    public override string Place => To;

    public override string Command =>
        $"mkdir -p {ShellText.Quote(Kept)} && (cd {ShellText.Quote(Kept)} && mkdir -p . {string.Join(' ', Directories)}) && " +
        $"mv {ShellText.Quote(From)} {ShellText.Quote($"{Kept}/{PathParts.NameOf(To)}")} && " +
        AtMountPoint(MountPoint) + $"mount --bind -o {Options} {ShellText.Quote(Kept)} {ShellText.Quote(MountPoint)}";
}
