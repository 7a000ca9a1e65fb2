using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Runs a program with an image as its root, in which the machine's own /dev, /proc and /run are mounted.</summary>
/// <param name="image">Mount point of the image.</param>
/// <param name="program">Path inside the image.</param>
/// <param name="arguments">The arguments after its name.</param>
/// <param name="limit">Time limit.</param>
public delegate CommandResult ImageProgram(string image, string program, IReadOnlyList<string> arguments, TimeSpan limit);

/// <summary>Checks file systems with the image's own fsck, each device once per boot.</summary>
public sealed class FileSystemCheck(ImageProgram run, MessageLog logger)
{
    // Enough for a full check of a few terabytes on a slow disk. After a longer time, the operator cannot tell whether the machine still
    // works.
    private const int Minutes = 30;

    // The package with the program, named as in most distributions.
    private static readonly (string Type, string Package)[] Packages =
        [("ext4", "e2fsprogs"), ("vfat", "dosfstools"), ("xfs", "xfsprogs"), ("btrfs", "btrfs-progs"), ("f2fs", "f2fs-tools")];

    private readonly Dictionary<string, CheckResult> done = [];

    /// <summary>Null: the image has no program for this file system.</summary>
    /// <param name="volume">The volume to check. It must not be mounted.</param>
    /// <param name="reason">Why it is checked, as a predicate: <c>is flagged as having errors</c>.</param>
    /// <param name="force">Check even if the file system is marked clean.</param>
    public CheckResult? Run(MountVolume volume, string reason, bool force)
    {
        var device = volume.Device.Node;
        if (done.TryGetValue(device, out var earlier)) return earlier;
        if (Find(volume) is not { } program) return null;
        string[] arguments = [.. volume.Checks.Options(force).Split(' '), device];
        Starting(volume.Name, $"{reason}: {program} {string.Join(' ', arguments)}, {Minutes} minutes at most");
        return done[device] = Interpret(volume.Image, program, arguments);
    }

    /// <summary><c>the image has no fsck.ext4 (add e2fsprogs when it is built)</c></summary>
    public static string Missing(MountVolume volume)
    {
        var package = "the program";
        foreach (var row in Packages)
            if (row.Type == volume.Type) package = row.Package;
        return $"the image has no {volume.CheckPrograms[0]} (add {package} when it is built)";
    }

    private CheckResult Interpret(string image, string program, string[] arguments)
    {
        var name = PathParts.NameOf(program);
        try
        {
            var result = run(image, program, arguments, TimeSpan.FromMinutes(Minutes));
            foreach (var line in result.Output.Split('\n'))
                if (line.Trim() is { Length: > 0 } said) Said(name, said);
            return CheckResult.Of(name, result.ExitCode, result.TimedOut);
        }
        catch (SyscallException e) { return new(CheckOutcome.Uncorrected, $"{name} could not be started: {e.Message}"); }
    }

    private static string? Find(MountVolume volume)
    {
        foreach (var name in volume.CheckPrograms)
        {
            foreach (var directory in SystemPaths.ProgramDirectories)
            {
                var program = $"{directory}/{name}";
                if (Syscall.TryStatInRoot(volume.Image, program) is { Type: FileType.Regular } file
                    && (file.Mode & Octal.O111) != 0)
                {
                    return program;
                }
            }
        }

        return null;
    }

    private void Starting(string volume, string what) => logger.Write(LogLevel.Warning, $"{volume} {what}");

    private void Said(string program, string line) => logger.Write(LogLevel.Information, $"{program}: {line}");
}
