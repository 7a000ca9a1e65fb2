namespace KairosBoot.Cli;

/// <summary>One line on the terminal that says what is being done. In a pipe there is none.</summary>
internal sealed class Progress : IDisposable
{
    private const string ToStartAndClear = "\r\e[K";

    private readonly bool isShown = !Console.IsErrorRedirected;

    internal void Show(string what)
    {
        if (isShown)
        {
            Console.Error.Write($"{ToStartAndClear}{what} ...");
        }
    }

    public void Dispose()
    {
        if (isShown)
        {
            Console.Error.Write(ToStartAndClear);
        }
    }
}
