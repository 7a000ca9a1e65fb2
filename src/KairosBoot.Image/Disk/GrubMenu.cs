using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>initrd/grub/grub.cfg, filled in for one disk.</summary>
public static class GrubMenu
{
    /// <exception cref="OperatorException">The arguments have characters that GRUB's script language would take for its own.</exception>
    public static string Text(int recoveryPartition, string kernelArguments)
    {
        var special = kernelArguments.AsSpan().IndexOfAny("\"'\\$\n");
        return special < 0
            ? EmbeddedText.Read("grub/grub").Replace("@RECOVERY@\"", $"{recoveryPartition}\"").Replace("\"@APPEND@\"", $"\"{kernelArguments}\"")
            : throw new OperatorException(
                $"--append has the character {kernelArguments[special]}, which means something else to GRUB", "give kernel arguments without quotes, $ and backslashes");
    }
}
