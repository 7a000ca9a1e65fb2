using KairosBoot.CloudConfig;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>The process that runs all stages of a boot. In each stage it sees the image as its root.</summary>
internal sealed class StageChild(KernelModules modules)
{
    // In the mount namespace of this process: no other process sees these mounts.
    private const string Scratch = SystemPaths.Runtime + "/stage", Layered = Scratch + "/root";

    // From its first search. A disk that does not answer costs a boot this time once.
    private static readonly TimeSpan DriversLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AliveInterval = TimeSpan.FromSeconds(1);

    private readonly ConfigDocuments documents = new() { IsAlone = true };
    private FileHandle? mounts;
    private long driversDeadline, alive;

    /// <param name="question">A <see cref="StageProtocol.Question"/>.</param>
    public int Run(string question)
    {
        var (stage, image) = StageProtocol.Asked(question);
        // The namespace of PID 1, which may have switched the root since the last stage.
        if (mounts is null) mounts = Syscall.Open("/proc/self/ns/mnt", OpenFlags.ReadOnly);
        else Syscall.EnterMounts(mounts);
        var exitCode = Run(stage, image);
        // Until the next stage this process uses nothing of the image.
        if (image != "/") Syscall.EnterMounts(mounts);
        return exitCode;
    }

    private int Run(string stage, string image)
    {
        using var log = new BootLog();
        try
        {
            // Drivers are in the initrd, which has no path inside the image.
            using var initrd = Syscall.Open("/", OpenFlags.Path | OpenFlags.Directory);
            var drivers = modules.At($"/proc/self/fd/{initrd.Descriptor}");
            if (image != "/")
            {
                EnterScratchOverlay(image);
                ShowRootAs(image, log);
            }
            // The initrd's files and the parsed configs are in memory too.
            var configLimit = StageRunner.ConfigLimitIn(StageFacts.MemoryBytes);
            var report = new StageRunner([.. SystemPaths.CloudConfigs], new StageFacts(), log, StageFacts.CommandLine)
            {
                Documents = documents,
                ConfigLimit = configLimit,
                EntryBegins = ReportAlive,
                Environment = StageProcess.Environment(),
                LoadFileSystem = drivers.LoadFileSystem,
                AwaitDrivers = () => AwaitDrivers(drivers, log),
            }.Run(stage);
            List<StageProblem> problems = [.. report.Problems];
            // PID 1 reads the layout after the stage rootfs.
            if (image != "/")
            {
                problems.AddRange(
                    InstallMounts.Merge(SystemPaths.Oem + "/", SystemPaths.CustomLayout, log, documents, configLimit));
            }
            StageProtocol.Used(report);
            foreach (var volume in report.UserData) StageProtocol.UserData(volume);
            for (var i = 0; i < problems.Count && i < StageProtocol.MaxProblems; i++)
            {
                var problem = problems[i];
                StageProtocol.Problem(
                    new ConfigProblem(problem.File, problem.Line, problem.Entry, problem.Key, problem.Reason, problem.IsWarning));
            }
            return 0;
        }
        // The last resort of this process: PID 1 sees the exit code and reports that the stage ended early.
        catch (Exception e)
        {
            log.Write(LogLevel.Error, $"cloud-config stage {stage}: {e.Message}");
            return 1;
        }
    }

    // Not for each of thousands of entries: PID 1 would wake up for each.
    private void ReportAlive()
    {
        var now = Syscall.BootTimeMicroseconds();
        if (now - alive < AliveInterval.TotalMicroseconds) return;
        alive = now;
        StageProtocol.Alive();
    }

    // PID 1 waits for this process meanwhile and takes no events, so this process watches for itself.
    private void AwaitDrivers(KernelModules drivers, MessageLog log)
    {
        if (driversDeadline == 0) driversDeadline = Syscall.BootTimeMicroseconds() + (long)DriversLimit.TotalMicroseconds;
        using var watchdog = new Watchdog(); // not armed: that of PID 1 is fed while this process runs
        using var watch = new DeviceWatch(drivers, log, watchdog);
        watch.AwaitDrivers(driversDeadline);
    }

    /// <summary>
    /// Makes the image the root of this process, with a writable layer in memory over it and the machine's /run, /oem and API file systems
    /// inside. Files that a stage writes there stay; all others end with this process, as they would in a stage of Kairos' initrd.
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

    /// <summary>
    /// Shows the root under its path in the initrd too: configs written for Kairos' initrd name files of the image as /sysroot/... there.
    /// </summary>
    internal static void ShowRootAs(string path, MessageLog log)
    {
        // The image may have a file of that name.
        try { Bind("/", path); }
        catch (SyscallException e) { log.Write(LogLevel.Warning, $"the stage rootfs does not find the image at {path}: {e.Message}"); }
    }

    private static void Bind(string from, string to)
    {
        if (Syscall.TryStat(to) is null) Syscall.MakeDirectories(to);
        Syscall.Mount(from, to, "", MountFlags.Bind | MountFlags.Recursive, "");
    }
}
