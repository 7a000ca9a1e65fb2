using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

/// <summary>The process that runs the stages, one after the other. In each it sees the image as its /.</summary>
internal sealed class StageChild
{
    // In a mount namespace of this process: nobody else ever sees what is mounted here.
    private const string Scratch = SystemPaths.Runtime + "/stage", Layered = Scratch + "/root";

    private readonly ConfigDocuments documents = new();
    private FileHandle? mounts;

    /// <param name="question">A <see cref="StageProtocol.Question"/>.</param>
    public int Run(string question)
    {
        var (stage, image) = StageProtocol.Asked(question);
        // PID 1's, wherever it has got to since.
        if (mounts is null) mounts = Syscall.Open("/proc/self/ns/mnt", OpenFlags.ReadOnly);
        else Syscall.EnterMounts(mounts);
        var exitCode = Run(stage, image);
        // Nothing of the image is in use here until the next one.
        if (image != "/") Syscall.EnterMounts(mounts);
        return exitCode;
    }

    private int Run(string stage, string image)
    {
        using var log = new BootLog();
        try
        {
            // The drivers are in the initrd, which is out of sight from inside the image.
            using var initrd = Syscall.Open("/", OpenFlags.Path | OpenFlags.Directory);
            if (image != "/") EnterScratchOverlay(image);
            // The initrd's files and what the stage makes of the configs are in memory too.
            var configLimit = StageRunner.ConfigLimitIn(StageFacts.MemoryBytes);
            var report = new StageRunner([.. SystemPaths.CloudConfigs], new StageFacts(), log, StageFacts.CommandLine)
            {
                Documents = documents,
                ConfigLimit = configLimit,
                EntryBegins = StageProtocol.Alive,
                Environment = StageProcess.Environment(),
                LoadFileSystem = type => new KernelModules($"/proc/self/fd/{initrd.Descriptor}").LoadFileSystem(type),
            }.Run(stage);
            List<StageProblem> problems = [.. report.Problems];
            // The layout is read when the stage beside the image is over.
            if (image != "/") problems.AddRange(InstallMounts.Merge(SystemPaths.Oem + "/", SystemPaths.CustomLayout, log, configLimit));
            StageProtocol.Used(report);
            foreach (var volume in report.UserData) StageProtocol.UserData(volume);
            for (var i = 0; i < problems.Count && i < StageProtocol.MaxProblems; i++)
            {
                var problem = problems[i];
                StageProtocol.Problem(new ConfigProblem(problem.File, problem.Line, problem.Entry, problem.Key, problem.Reason, problem.IsWarning));
            }
            return 0;
        }
        // The last resort of this process: PID 1 sees the exit code and says that the stage did not run to its end.
        catch (Exception e)
        {
            log.Write(LogLevel.Error, $"cloud-config stage {stage}: {e.Message}");
            return 1;
        }
    }

    /// <summary>
    /// The image with a writable layer in memory over it, and the machine's own /run, /oem and API file systems inside. What a stage writes to
    /// those is real; everything else is gone with this process, as it is where the stage runs in an initrd of its own.
    /// </summary>
    internal static void EnterScratchOverlay(string image)
    {
        Syscall.UnshareMounts();
        Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
        Syscall.MakeDirectories(Scratch);
        Syscall.Mount("tmpfs", Scratch, "tmpfs", MountFlags.NoSuid, "mode=0755");
        foreach (var directory in (string[])["/upper", "/work", "/root"]) Syscall.MkDir(Scratch + directory, Octal.O755);
        Syscall.Mount("overlay", Layered, "overlay", MountFlags.None, $"lowerdir={image},upperdir={Scratch}/upper,workdir={Scratch}/work");
        foreach (var mount in ApiFileSystems.Moved) Bind(mount, Layered + mount);
        if (Syscall.TryStat(image + SystemPaths.Oem) is not null) Bind(image + SystemPaths.Oem, Layered + SystemPaths.Oem);
        Syscall.ChRoot(Layered);
        Syscall.ChDir("/");
    }

    private static void Bind(string from, string to)
    {
        Syscall.MakeDirectories(to);
        Syscall.Mount(from, to, "", MountFlags.Bind | MountFlags.Recursive, "");
    }
}
