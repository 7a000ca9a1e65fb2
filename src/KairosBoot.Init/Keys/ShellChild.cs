using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The process that becomes a shell. Before: it leads a session without a terminal. After: the console is its terminal, and the image its
/// root, with the machine's /dev, /proc, /sys and /run inside. Its mounts are its own: they end with it, and the boot does not see them.
/// </summary>
internal static class ShellChild
{
    public const string Verb = "shell";

    // As a shell reports a program that cannot be executed.
    private const int NotRun = 126;

    /// <summary>Executes the program. Returns only where that failed.</summary>
    /// <param name="root">Where the image is mounted; /: no other root.</param>
    /// <param name="console">The device.</param>
    /// <param name="program">Path inside the root.</param>
    /// <param name="arguments">Without the program's name.</param>
    public static int Run(string root, string console, string program, string[] arguments)
    {
        try
        {
            Syscall.UnshareMounts();
            Syscall.Mount("none", "/", "", MountFlags.Private | MountFlags.Recursive, "");
            if (root != "/")
            {
                foreach (var mount in ApiFileSystems.Moved)
                    Syscall.Mount(mount, root + mount, "", MountFlags.Bind | MountFlags.Recursive, "");
                Syscall.ChRoot(root);
            }
            Syscall.ChDir("/");
            Syscall.TakeTerminal(console);
            Syscall.Exec(program, arguments, StageProcess.Environment());
        }
        catch (SyscallException e) { StageProtocol.Print(e.Message + "\n"); }
        return NotRun;
    }
}
