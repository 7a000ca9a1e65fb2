using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Checks that the kernel can start the init of a tree.</summary>
internal static class InitCheck
{
    private const string Init = "/sbin/init";

    // The kernel follows five interpreters of scripts (binfmt_script, BINPRM_MAX_RECURSION).
    private const int MaxInterpreters = 5;

    /// <param name="root">The tree.</param>
    /// <param name="machine">Architecture of the kernel; null: not known.</param>
    internal static TreeFinding? Problem(string root, string? machine)
    {
        var path = Init;
        for (var depth = 0; depth <= MaxInterpreters; depth++)
        {
            var needs = depth == 0 ? "" : $", which {Init} needs,";
            var shown = ToolText.Show(path);
            if (UntrustedTree.TryStat(root, path) is not { } status)
            {
                return depth == 0 ? Error($"the tree has no {Init}", "install an init system in the tree (Debian: systemd-sysv)")
                    : Error($"{shown}{needs} does not exist", "install the package that it belongs to in the tree");
            }

            if (status.Type != FileType.Regular) return Error($"{shown}{needs} is not a regular file", "install the init system again");
            if ((status.Mode & Octal.O111) == 0)
                return Error($"{shown}{needs} is not executable", $"run chmod 755 ROOT{shown}");
            var head = UntrustedTree.Head(root, path, ProgramInterpreter.HeadBytes);
            if (!ProgramInterpreter.IsProgram(head))
                return Error($"{shown}{needs} is neither an ELF program nor a script", "install the init system again");
            if (ProcessorArchitecture.OfProgram(head) is { } own && machine is not null && own != machine)
            {
                return Error($"{shown}{needs} is for {own}, but {BootKernel.Path} is for {machine}",
                    "build the tree for one architecture");
            }

            if (ProgramInterpreter.Of(head) is not { } next) return null;
            path = next;
        }

        return Error($"{Init} is a script with more than {MaxInterpreters} interpreters in a row", "make it a link to the init program");
    }

    private static TreeFinding Error(string problem, string fix) => new(problem, fix, FindingKind.Error);
}
