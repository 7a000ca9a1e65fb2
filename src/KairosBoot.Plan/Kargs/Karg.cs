namespace KairosBoot.Plan;

/// <summary>What one word of a machine's own kernel arguments may be.</summary>
public static class Karg
{
    // GRUB's script splits words at blanks, expands wildcards, and puts backslashes before quotes.
    private const string Special = "_-.,:;=/+@%~^#![]()&<>";

    // The menu says these, and which system boots from which disk depends on them.
    private static readonly string[] MenusOwn =
    [
        "root", "cos-img/filename", "kairosboot.slot", "kairosboot.tries", "kairosboot.why", "kairosboot.env", "kairosboot.disk", "kairosboot.kexec",
        "kairosboot.kargs", "initrd", "rdinit", "BOOT_IMAGE",
    ];

    /// <summary>Why a machine should not be started with it, as a sentence; null where nothing speaks against it.</summary>
    public static string? Problem(string word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !Special.Contains(c))
                return $"{word} has the character '{c}', which GRUB does not hand on as it is";
        }

        var parameter = KernelCommandLine.Parse(word).Parameters;
        if (parameter is not [{ Name.Length: > 0 } argument]) return $"'{word}' is not a kernel argument";
        foreach (var name in MenusOwn)
            if (argument.Name == name) return $"{argument.Name}= is the boot menu's own: which system boots is kboot select's to say";
        // An unattended machine that stays in a panic is lost.
        if (argument is { Name: "panic", Value: "0" or "" or null }) return $"{word} would leave a machine that panics there for ever";
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(word));
        return request.Warnings is [var warning, ..] ? warning : null;
    }
}
