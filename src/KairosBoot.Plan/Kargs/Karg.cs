namespace KairosBoot.Plan;

/// <summary>The rules for one word of a machine's own kernel arguments.</summary>
public static class Karg
{
    // GRUB's script splits words at blanks, expands wildcards, and puts backslashes before quotes.
    private const string Special = "_-.,:;=/+@%~^#![]()&<>";

    /// <summary>Characters of Kairos' extra_cmdline and the variable of one slot together that GRUB's menu passes on.</summary>
    public const int MaxGrubEnvironment = 400;

    // The menu sets these. Which system boots from which disk depends on them.
    private static readonly string[] SetByMenu =
    [
        "root", "cos-img/filename", "kairosboot.slot", "kairosboot.tries", "kairosboot.why", "kairosboot.env", "kairosboot.disk",
        "kairosboot.id",
            "kairosboot.kexec",
        "kairosboot.kargs", "kairosboot.grubenv", "initrd", "rdinit", "BOOT_IMAGE",
    ];

    /// <summary>
    /// The rules as extended regular expressions for GRUB's script, which reads words that kboot has not checked: a valid word, and one
    /// that must not be used all the same. An option with an invalid value is not found; kairos-boot ignores it with a warning.
    /// </summary>
    public static (string Word, string Reserved) GrubPatterns
    {
        get
        {
            // In brackets, ] is first, - is last, and ^ is not first.
            var special = "]A-Za-z0-9" + Special.Replace("]", "").Replace("-", "").Replace("^", "") + "^-";
            var names = string.Join('|', SetByMenu).Replace(".", "[.]");
            return ($"^[{special.Replace("=", "")}][{special}]*\\$",
                $"^(--|panic=?0?|kairosboot[.]shell=always|({names}|rd[.](immucore|cos)[.]uki)(=.*)?)\\$");
        }
    }

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
        if (argument is { Name: "kairosboot.shell", Value: "always" })
            return $"{word} would open a root shell without a password at each failure; give it at the boot menu, for one boot";
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(word));
        if (request.Unsupported is { } unsupported) return unsupported.Problem;
        return request.Warnings is [var warning, ..] ? warning : null;
    }
}
