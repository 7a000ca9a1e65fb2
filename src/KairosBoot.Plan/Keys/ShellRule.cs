namespace KairosBoot.Plan;

/// <summary>The values of <c>kairosboot.shell=</c>.</summary>
public enum ShellMode
{
    Never,
    /// <summary>The image's own sulogin asks for the password of root.</summary>
    Auth,
    /// <summary>A shell opens without a question.</summary>
    Always,
}

/// <summary>The programs that could be the shell, as found on the machine.</summary>
public sealed class ShellPlaces
{
    /// <summary>Root of the image; null: no image is mounted.</summary>
    public string? Image { get; init; }
    /// <summary>Path in the image; null: it has none.</summary>
    public string? SuLogin { get; init; }
    /// <summary>Path in the image; null: it has none.</summary>
    public string? Shell { get; init; }
    /// <summary>The image's /etc/shadow; null: it has none.</summary>
    public string? Shadow { get; init; }
    /// <summary>The initrd has the shell that <c>kboot initrd build --debug-shell</c> packs.</summary>
    public bool HasDebugShell { get; init; }
}

/// <summary>Which shell opens, or why none does.</summary>
/// <param name="root">The directory that the program sees as its root.</param>
/// <param name="program">Its path in that directory.</param>
/// <param name="refusal">Why no shell opens, as a sentence; null: it opens.</param>
public sealed class ShellDecision(string root, string program, string? refusal)
{
    public string Root => root;
    public string Program => program;
    public string? Refusal => refusal;
}

/// <summary>Decides about shells. A shell is root: only the command line can allow one.</summary>
public static class ShellRule
{
    public static ShellDecision Decide(ShellMode mode, ShellPlaces places) => mode switch
    {
        ShellMode.Never => No("kairosboot.shell=never"),
        ShellMode.Auth => WithPassword(places),
        _ when places is { Image: { } image, Shell: { } shell } => new(image, shell, null),
        _ when places.HasDebugShell => new("/", SystemPaths.DebugShell, null),
        _ => No("no image with a shell is mounted, and the initrd has none (kboot initrd build --debug-shell)"),
    };

    // Without --force sulogin opens no shell for a locked account. It opens one without a question if there is no password.
    private static ShellDecision WithPassword(ShellPlaces places)
    {
        if (places.Image is not { } image) return No("no image is mounted whose sulogin could ask for a password");
        if (places.SuLogin is not { } program) return No("the image has no sulogin");
        return PasswordOfRoot(places.Shadow ?? "") switch
        {
            null => No("the image's /etc/shadow has no line for root"),
            "" => No("root has no password in the image"),
            ['!' or '*', ..] => No("the root account is locked in the image"),
            _ => new(image, program, null),
        };
    }

    private static ShellDecision No(string refusal) => new("", "", refusal);

    // shadow(5)
    private static string? PasswordOfRoot(string shadow)
    {
        foreach (var line in shadow.Split('\n'))
        {
            if (!line.StartsWith("root:", StringComparison.Ordinal)) continue;
            var end = line.IndexOf(':', 5);
            return end < 0 ? "" : line[5..end];
        }
        return null;
    }
}
