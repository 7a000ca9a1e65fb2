namespace KairosBoot.Image;

/// <summary>initrd/grub/grub.cfg, filled in for one disk.</summary>
public static class GrubMenu
{
    public static string Text(int recoveryPartition) => Text($"{recoveryPartition}");

    internal static string Text(string recoveryPartition) =>
        EmbeddedText.Read("grub/grub").Replace("@RECOVERY@\"", $"{recoveryPartition}\"");
}
