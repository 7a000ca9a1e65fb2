using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Execution;

/// <summary>Runs a program that sees an image as its /, with the machine's own /dev, /proc and /run in it.</summary>
/// <param name="image">Where the image is mounted.</param>
/// <param name="program">Path inside the image.</param>
/// <param name="arguments">What follows its name.</param>
/// <param name="limit">How long it may take.</param>
public delegate CommandResult ImageProgram(string image, string program, IReadOnlyList<string> arguments, TimeSpan limit);

/// <summary>Checks file systems with the image's own fsck, each device once in a boot.</summary>
public sealed partial class FileSystemCheck(ImageProgram run, ILogger logger)
{
    // A full check of a few terabytes on a slow disk. Longer than that, and nobody knows any more whether the machine is alive.
    private const int Minutes = 30;

    private static readonly ImmutableArray<string> Directories = ["/sbin/", "/usr/sbin/", "/bin/", "/usr/bin/"];

    // The package that has the program, by the name most distributions give it.
    private static readonly (string Type, string Package)[] Packages =
        [("ext4", "e2fsprogs"), ("vfat", "dosfstools"), ("xfs", "xfsprogs"), ("btrfs", "btrfs-progs"), ("f2fs", "f2fs-tools")];

    private readonly Dictionary<string, CheckResult> done = [];

    /// <summary>Null: the image has no program for it.</summary>
    /// <param name="volume">What to check. It must not be mounted.</param>
    /// <param name="reason">What it is or did that it has to be checked.</param>
    /// <param name="force">Check even what says it is clean.</param>
    public CheckResult? Run(MountVolume volume, string reason, bool force)
    {
        var device = volume.Device.Node;
        if (done.TryGetValue(device, out var earlier)) return earlier;
        if (Find(volume) is not { } program) return null;
        string[] arguments = [.. volume.Checks.Options(force).Split(' '), device];
        Starting(volume.Name, $"{reason}: {program} {string.Join(' ', arguments)}, {Minutes} minutes at most");
        return done[device] = Interpret(volume.Image, program, arguments);
    }

    /// <summary><c>the image has no fsck.ext4: add e2fsprogs when it is built</c></summary>
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
            foreach (var directory in Directories)
            {
                if (Syscall.TryStatInRoot(volume.Image, directory + name) is { Type: FileType.Regular } file && (file.Mode & Octal.O111) != 0)
                    return directory + name;
            }
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Volume} {What}")]
    private partial void Starting(string volume, string what);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Program}: {Line}")]
    private partial void Said(string program, string line);
}
