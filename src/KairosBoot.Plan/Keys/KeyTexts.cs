namespace KairosBoot.Plan;

/// <summary>Lines of the screens that take keys.</summary>
public static class KeyTexts
{
    public const string Closed = "this is no key; for keys press ESC twice again";

    /// <summary>What follows without a key.</summary>
    /// <param name="seconds">The time that the screen waits.</param>
    /// <param name="takesKeys">Keys can be pressed on a console.</param>
    public static string Reboot(int seconds, bool takesKeys) =>
        seconds <= 0 ? "rebooting" : "rebooting in " + seconds.ToString() + " s" + Hint(takesKeys);

    /// <summary>After the last slot.</summary>
    public static string Stop(int minutes, bool takesKeys) =>
        "the machine starts again in " + minutes.ToString() + " min; to start now, switch it off and on" + Hint(takesKeys);

    /// <summary>At a break.</summary>
    public static string Break(BootStep step, bool takesKeys) =>
        BreakWithShell(step) + "\nthe boot continues in " + KeyWait.Extension + " s" + Hint(takesKeys);

    /// <summary>At a break where a shell opens at once.</summary>
    public static string BreakWithShell(BootStep step) => "BREAK before " + step.Name() + ": " + step.State();

    /// <summary>A shell is about to open.</summary>
    public static string ShellOpens(string program, string console, long seconds) =>
        string.Concat([program, " opens on ", console, ", for at most ", (seconds / 60).ToString(),
            " min; to continue: exit"]);

    private static string Hint(bool takesKeys) => takesKeys ? "; for keys press ESC twice" : "";
}
