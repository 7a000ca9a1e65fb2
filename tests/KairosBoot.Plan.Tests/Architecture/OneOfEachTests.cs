using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>Work that has one place in the sources: the next user of it calls that place.</summary>
public sealed class OneOfEachTests
{
    // Files that rename something. Only the first one replaces a file by a new one with other content.
    private static readonly (string File, string Reason)[] Renames =
    [
        ("Linux/Files/FileReplacement", "replaces a file"),
        ("Linux/Files/TreeDeletion", "moves a deep directory up before it is deleted"),
        ("Execution/BootState/FailureStore", "gives an existing file another name"),
        ("Execution/BootState/KargsFile", "gives an existing file another name"),
        ("Lifecycle/Upgrade/ActiveSwitch", "gives an image, which is complete, another name"),
        ("Lifecycle/Upgrade/RecoverySwitch", "gives an image, which is complete, another name"),
        ("Lifecycle/Upgrade/SlotSwitch", "gives an image, which is complete, another name"),
        ("Execution/PersistentState/PersistentManifestFile", "the manifest is announced under its own name before the changes"),
        ("Execution/PersistentState/PersistentPath", "moves staged files of any type to their place"),
        ("Execution/Steps/KeptFile", "moves a file of the initrd to a new directory"),
        ("CloudConfig/Datasources/UserDataFiles", "moves a directory to its place"),
        ("CloudConfig.Booted/Git/GitTree", "moves a directory to its place"),
        ("CloudConfig.Booted/Keys/UnpackImagesKey", "moves a directory to its place"),
        ("CloudConfig.Booted/Files/TreeMerge", "moves existing files"),
    ];

    // Files that look for a slash in something else than a path, or walk a path without making a string of each part.
    private static readonly (string File, string Reason)[] OtherSlashes =
    [
        ("Plan/Texts/PathParts", "splits paths"),
        ("Plan/Kargs/KargsBootInfo", "the value of a kernel option: NUMBER/NUMBER"),
        ("CloudConfig.Booted/Keys/GitKey", "the name of a branch, in which an empty part is an error"),
        ("CloudConfig.Booted/Keys/UnpackImagesKey", "the platform of an image: linux/amd64"),
        ("CloudConfig/Keys/SysctlKey", "the name of a sysctl, whose separator is its first dot or slash"),
        ("Linux/Files/DirectoryCursor", "continues after the part of the path that is open already"),
    ];

    private static IEnumerable<string> FilesWith(string pattern) =>
        from file in Sources.All where Regex.IsMatch(file.Text, pattern) select file.Path["KairosBoot.".Length..^".cs".Length];

    [Fact]
    public void Programs_are_started_by_ChildProcess_only()
    {
        Assert.Empty(FilesWith(@"\bProcessStartInfo\b|Diagnostics\.Process\b|(?<![\w.])Process\.\w+\(|\bnew Process\("));
        Assert.Equal(["Linux/Processes/ChildProcess.Spawn", "Linux/Syscalls/Native"], FilesWith(@"\bposix_spawn\("));
    }

    // A console may be missing, or its other end may not take what is written. The kernel's log never waits for it. Keys are read from the
    // consoles that the kernel names, without waiting, by ConsoleKeys only.
    [Fact]
    public void The_code_of_kairos_boot_uses_no_console()
    {
        Assert.DoesNotContain(FilesWith(@"""/dev/(console|tty|hvc|vcs|ptmx)|\bConsole\."),
            file => ((string[])["Plan", "Linux", "Execution", "CloudConfig", "Init"]).Contains(file.Split('/')[0]));
        Assert.Equal(["Linux/Kernel/ConsoleKeys"], FilesWith(@"tty/console/active"));
        Assert.Contains(FilesWith(@"\bConsole\."), file => file.StartsWith("Cli/", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_are_replaced_by_FileReplacement_only() =>
        Assert.Equal(Renames.Select(row => row.File).Order(),
            FilesWith(@"\bSyscall\.RenameAt\(|\bSyscall\.Rename\(|\bFile\.(Move|Replace)\(").Order());

    [Fact]
    public void Directories_of_programs_are_listed_in_SystemPaths_only()
    {
        Assert.Equal(["Plan/SystemPaths"], FilesWith(@"/s?bin:|""/(usr/)?s?bin/?"""));
        Assert.Equal(SystemPaths.ProgramDirectories.Order(), SystemPaths.StageDirectories.Order());
        Assert.Equal(("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PATH=/usr/bin:/usr/sbin:/bin:/sbin"),
            (SystemPaths.ProgramPath, SystemPaths.StagePath));
    }

    [Fact]
    public void Paths_are_split_by_PathParts_only() =>
        Assert.Equal(OtherSlashes.Select(row => row.File).Order(),
            FilesWith(@"\.(Last)?IndexOf\('/'|\.Split\(['""]/|\bPath\.GetDirectoryName\(").Order());

    // The constructor is internal, so only KairosBoot.Linux can have such a place.
    [Fact]
    public void A_SyscallException_is_created_by_the_syscall_layer_only() =>
        Assert.All(FilesWith(@"\bnew SyscallException\(|\bSyscallException \w+\([^)]*\) =>\s+new\("), file =>
            Assert.StartsWith("Linux/Syscalls/", file));
}
