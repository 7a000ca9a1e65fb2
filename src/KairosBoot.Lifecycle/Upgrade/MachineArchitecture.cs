using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Finds out for which processor architecture a tree is built, from its kernel and its init.</summary>
internal static class MachineArchitecture
{
    /// <exception cref="OperatorException">It is for another architecture than this machine.</exception>
    internal static void Check(string root)
    {
        foreach (var (path, machine) in new[]
        {
            ("/boot/vmlinuz", Architecture.MachineOfKernel(root, "/boot/vmlinuz")),
            ("/sbin/init", ProcessorArchitecture.OfProgram(UntrustedTree.Head(root, "/sbin/init", ProcessorArchitecture.HeadBytes))),
        })
        {
            if (machine is not null && machine != Syscall.Machine())
            {
                throw new OperatorException($"the image is for another architecture: its {path} is for {machine}, this machine is " +
                    $"{Syscall.Machine()}", "use an image that is built for this architecture");
            }
        }
    }
}
