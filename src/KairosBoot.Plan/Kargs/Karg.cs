namespace KairosBoot.Plan;

/// <summary>The rules for one word of a machine's own kernel arguments.</summary>
public static class Karg
{
    // GRUB's script splits words at blanks, expands wildcards, and puts backslashes before quotes.
    private const string Special = "_-.,:;=/+@%~^#![]()&<>";

    // The menu sets these. Which system boots from which disk depends on them.
    private static readonly string[] SetByMenu =
    [
        "root", "cos-img/filename", "kairosboot.slot", "kairosboot.tries", "kairosboot.why", "kairosboot.env", "kairosboot.disk",
        "kairosboot.id",
            "kairosboot.kexec",
        "kairosboot.kargs", "initrd", "rdinit", "BOOT_IMAGE",
    ];

    /// <summary>Why the word must not be used, as a sentence; null: it may be used.</summary>
    public static string? Problem(string word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !Special.Contains(c))
                return $"{word} contains '{c}', which GRUB does not pass on unchanged";
        }

        var parameter = KernelCommandLine.Parse(word).Parameters;
        if (parameter is not [{ Name.Length: > 0 } argument]) return $"'{word}' is not a kernel argument";
        foreach (var name in SetByMenu)
            if (argument.Name == name) return $"{argument.Name}= is set by the boot menu; choose the slot to boot with kboot select";
        // An unattended machine that stays in a kernel panic needs a visit.
        if (argument is { Name: "panic", Value: "0" or "" or null }) return $"{word} would leave the machine in a kernel panic forever";
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(word));
        return request.Warnings is [var warning, ..] ? warning : null;
    }
}
