using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Root changes nothing by path name in directories that another user can change. Owner, mode, nodes and attributes have no call by path
/// name at all. All other such calls are in the files below, each with the reason why no user can change its paths. A call in another
/// file fails the test, and so does an unnecessary line of the list.
/// </summary>
public sealed partial class PathNameTests
{
    private const string Names = "names", Mount = "mount", Write = "write", Framework = "framework", Process = "process";

    private static readonly (string Call, string Pattern)[] Calls =
    [
        (Names, @"Syscall\.(MkDir|MakeDirectories|RmDir|Unlink|Rename|Exchange|Symlink|Link)\("),
        (Mount, @"Syscall\.(Mount|MountDetached|Bind)\("),
        (Write, @"Syscall\.(Try)?Open\([^;()]*(\([^;()]*\)[^;()]*)*OpenFlags\.(WriteOnly|ReadWrite|Create|Truncate|Append)" +
            @"|FileText\.(Write|Append|WriteAttribute)\("),
        // Their exceptions have no errno, so no fix would follow from them.
        (Framework, @"\b(File|Directory)\.(Write|Create|Copy|Move|Delete|Append|Set|Replace|Open|Read|ResolveLinkTarget|Enumerate|Get)" +
            @"[A-Za-z]*\(|new (FileStream|FileInfo|DirectoryInfo|StreamWriter)\("),
        (Process, @"ForkedProcess\.Start\(|ChildProcess\.(Run|RunTool|Stream|Filter)\(|posix_spawn\(|Native\.fork\("),
    ];

    private static readonly (string Call, string Reason, string[] Files)[] Exceptions =
    [
        (Names, "the initrd's own / and /run/kairosboot: only PID 1 is running",
            ["Init/BootLog", "Init/BootParts", "Init/Shutdown", "Init/Stages/StageChild", "Execution/Steps/KeptFile"]),
        (Names, "/run/kairosboot and /sys/fs/pstore, where only root writes",
            ["Execution/BootState/PartitionWriters", "Linux/Kernel/Pstore", "Execution/BootState/StatePartition",
                "CloudConfig.Booted/FirstBoot"]),
        (Names, "COS_STATE and COS_RECOVERY, where only root writes",
            ["Lifecycle/Upgrade/ActiveSwitch", "Lifecycle/Upgrade/FactorySwitch", "Lifecycle/Upgrade/SlotSwitch",
                "Lifecycle/Upgrade/BootMenuUpdate", "Lifecycle/Upgrade/RecoverySwitch", "Lifecycle/Upgrade/UnassessedImages"]),
        (Names, "a scratch directory of the builder's own, 0700", ["Image/TemporaryDirectory", "Image/OsImage/SquashfsImage",
            "Image/Tar/ArchiveInput", "Image/Tar/TarExtraction", "Image/Disk/ExtraFileSystem", "Lifecycle/Install/InstallSource"]),
        (Names, "a directory of root's own in /run, 0700", ["CloudConfig.Booted/Git/GitAccess", "CloudConfig.Booted/Git/RootOwnedGitTree"]),

        (Mount, "the target is a descriptor that the walker opened",
            ["Execution/Steps/StepExecutor", "Execution/Steps/OverlayMount", "Execution/Steps/VolumeMount", "Execution/Steps/KeptFile",
                "Execution/Steps/StoreBinds", "Linux/Mounts/MountAttributes", "CloudConfig.Booted/AlternateRoot"]),
        (Mount, "a remount of one of our own mounts", ["Execution/BootState/MountedPartition"]),
        (Mount, "the initrd's own / and /run/kairosboot, the root that PID 1 switches to, and /sys/fs/pstore",
            ["Init/BootParts", "Init/Shutdown", "Init/Stages/StageChild", "Init/Keys/ShellChild",
                "Linux/Mounts/SwitchRoot", "Linux/Kernel/Pstore",
                "Execution/BootState/StatePartition"]),
        (Mount, "a mount namespace of this process, before the node is changed", ["Lifecycle/Kubernetes/Node"]),
        (Mount, "without a mount point: accessible only through the descriptor",
            ["CloudConfig/Datasources/UserDataVolume", "Image/Disk/MountedImage", "Linux/Devices/FileSystemResize"]),

        (Write, "files in /proc, /sys and /dev",
            ["CloudConfig/Keys/SysctlKey", "Linux/Kernel/KernelLog", "Linux/Devices/LoopDevice", "Linux/Kernel/Pstore",
                "Linux/Kernel/Watchdog", "Linux/Devices/DeviceStarter", "Linux/Devices/VirtioDisks"]),
        (Write, "the block device named by the operator or the partition table",
            ["Linux/Devices/PartitionedDisk", "Lifecycle/Install/DiskInstaller", "Image/Disk/DiskTarget"]),
        (Write, "the initrd's own log", ["Init/BootLog"]),
        (Write, "/run/kairosboot and the lock of upgrades in /run",
            ["Execution/BootState/PartitionWriters", "Lifecycle/Upgrade/TargetSystem", "Lifecycle/BootState/GoodWatch",
                "Lifecycle/BootState/RunningWork"]),
        (Write, "COS_STATE and COS_RECOVERY, where only root writes",
            ["Lifecycle/Upgrade/BootMenuUpdate", "Lifecycle/Upgrade/ImageLabel", "Lifecycle/Upgrade/StagedUpgrade",
                "Lifecycle/Upgrade/TransitionImage", "Lifecycle/Upgrade/UnassessedImages"]),
        (Write, "the requested output, or a scratch directory", ["Image/OsImage/Ext4Image", "Image/Tar/ArchiveInput", "Image/HostFile",
            "Image/OsImage/SealedImage", "Image/OsImage/Ext4Timestamps"]),
        (Write, "a directory of root's own in /run, 0700", ["CloudConfig.Booted/Git/GitAccess", "CloudConfig.Booted/Git/RootOwnedGitTree"]),
        (Write, "implements the calls above", ["Linux/Files/FileText"]),

        (Process, "the only place that starts tools of a build, with arguments from ToolArguments", ["Image/Tool"]),
        (Process, "programs that an image or its owner asks for",
            ["CloudConfig/EntryRun", "CloudConfig.Booted/Lint/ScriptLint", "CloudConfig.Booted/Transfers/Transfer",
                "Lifecycle/RebootProgram", "Lifecycle/BootState/HealthChecks"]),
        (Process, "the image's fsck", ["Init/CheckChild", "Execution/Steps/StepExecutor"]),
        (Process, "a shell that the command line allows, of the image or of the initrd", ["Init/Keys/OperatorShell"]),
        (Process, "PID 1's own stages", ["Init/Stages/StageProcess", "Linux/Processes/ForkedProcess"]),
        (Process, "implements the calls above", ["Linux/Processes/ChildProcess.Spawn", "Linux/Syscalls/Native"]),
    ];

    [Fact]
    public void Calls_by_path_name_are_only_in_files_whose_paths_no_user_can_change()
    {
        var found = (from call in Calls
                     from file in Sources.All
                     where !IsSyscallLayer(file.Path) && Regex.IsMatch(file.Text, call.Pattern, RegexOptions.Singleline)
                     select $"{call.Call}: {file.Path["KairosBoot.".Length..^".cs".Length]}").ToHashSet();
        var allowed = Exceptions.SelectMany(row => row.Files.Select(file => $"{row.Call}: {file}")).ToList();
        Assert.Equal(allowed.Order(), allowed.Distinct().Order());
        Assert.Empty(found.Except(allowed).Order());
        Assert.Empty(allowed.Except(found).Order());
    }

    [Fact]
    public void No_call_changes_owner_mode_node_or_attributes_by_path_name()
    {
        var declared = Sources.All.SelectMany(file => PathCall().Matches(file.Text).Select(match => $"{file.Path}: {match.Value}"))
            .ToList();
        Assert.Empty(declared);
        Assert.Contains(Sources.All, file => HandleCall().IsMatch(file.Text));
    }

    // Each method in that file is one system call.
    private static bool IsSyscallLayer(string path) => path.StartsWith("KairosBoot.Linux/Syscalls/Syscall.", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(static|extern) \w+ (F?ChMod|L?ChOwn|MkNod|LUTimes|SetAttribute|Set|Copy|RemoveOthers" +
        @"|chmod|chown|lchown|mknod)\(string \w+[^)]*\)\s*(=>|\{|;)(?=[^}]*\b(chmod|chown|mknod|xattr))")]
    private static partial Regex PathCall();

    [GeneratedRegex(@"static void ChOwn\(FileHandle ")]
    private static partial Regex HandleCall();
}
