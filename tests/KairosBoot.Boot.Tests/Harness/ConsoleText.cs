namespace KairosBoot.Boot.Tests;

/// <summary>Asserts about the text on a console. The message of a failure names the log file.</summary>
public static class ConsoleText
{
    public static void HoldsAll(SerialConsole console, params string[] texts)
    {
        string[] missing = texts.Where(text => !console.Text.Contains(text, StringComparison.Ordinal)).ToArray();
        Assert.True(missing.Length == 0, $"'{string.Join("', '", missing)}' not on the console ({console.LogPath}):\n{console.Tail(40)}");
    }

    public static void HoldsLineWith(SerialConsole console, params string[] texts)
    {
        bool found = console.Text.Split('\n').Any(line => texts.All(text => line.Contains(text, StringComparison.Ordinal)));
        Assert.True(found, $"no line with '{string.Join("', '", texts)}' on the console ({console.LogPath}):\n{console.Tail(40)}");
    }

    public static void HoldsNoStackTrace(SerialConsole console)
    {
        string[] signs = ["   at ", "Unhandled", "Exception"];
        string? sign = signs.FirstOrDefault(s => console.Text.Contains(s, StringComparison.Ordinal));
        Assert.True(sign == null, $"'{sign}' on the console ({console.LogPath}):\n{console.Tail(40)}");
    }
}
