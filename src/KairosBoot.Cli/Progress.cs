using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Shows the progress of long work: one line on a terminal, nothing in a pipe.</summary>
internal sealed class Progress : IDisposable
{
    private const string ToStartAndClear = "\r\e[K";

    private readonly bool isShown = !Console.IsErrorRedirected;
    // Not Console.Error, which escapes control characters: here they are intended.
    private readonly StreamWriter terminal = new(Console.OpenStandardError()) { AutoFlush = true };
    private string shown = "";

    internal void Show(string what) => Write(what + " ...");

    /// <param name="what">What is being done.</param>
    /// <param name="done">Bytes done.</param>
    /// <param name="total">Bytes in all; 0 or 1: the work has no percentage.</param>
    internal void Show(string what, long done, long total) => Write(total > 1 ? $"{what} {done * 100 / total} %" : what + " ...");

    public void Dispose() => Write("");

    private void Write(string text)
    {
        if (isShown && text != shown)
        {
            shown = text;
            terminal.Write(ToStartAndClear + PrintableText.Clean(text).Replace('\n', ' '));
        }
    }
}
