using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>initrd/grub/grub.cfg, filled in for one disk.</summary>
public static class GrubMenu
{
    public static string Text(int recoveryPartition, Architecture architecture) => Text($"{recoveryPartition}", architecture);

    internal static string Text(string recoveryPartition, Architecture architecture)
    {
        var (word, reserved) = Karg.GrubPatterns;
        var consoles = architecture.Consoles.Length > 0 ? " " + architecture.Consoles : "";
        return EmbeddedText.Read("grub/grub").Replace("@RECOVERY@\"", $"{recoveryPartition}\"").Replace("\"@WORD@\"", $"\"{word}\"")
            .Replace(" @CONSOLES@\"", consoles + "\"")
            .Replace(",@MAX@}", $",{Karg.MaxGrubEnvironment}}}").Replace("\"@RESERVED@\"", $"\"{reserved}\"");
    }
}
