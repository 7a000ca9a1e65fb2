using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>initrd/grub/grub.cfg, filled in for one disk.</summary>
public static class GrubMenu
{
    public static string Text(int recoveryPartition) => Text($"{recoveryPartition}");

    internal static string Text(string recoveryPartition)
    {
        var (word, reserved) = Karg.GrubPatterns;
        return EmbeddedText.Read("grub/grub").Replace("@RECOVERY@\"", $"{recoveryPartition}\"").Replace("\"@WORD@\"", $"\"{word}\"")
            .Replace(",@MAX@}", $",{Karg.MaxGrubEnvironment}}}").Replace("\"@RESERVED@\"", $"\"{reserved}\"");
    }
}
