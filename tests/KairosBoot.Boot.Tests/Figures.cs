namespace KairosBoot.Boot.Tests;

/// <summary>Measurements of the tests: printed, and kept in out/figures.txt. Only sizes have limits, because times depend on the
/// host.</summary>
public static class Figures
{
    private static readonly object Lock = new();

    public static void Add(string name, string value)
    {
        lock (Lock)
        {
            string line = $"{name}: {value}";
            Console.WriteLine($"figure: {line}");
            File.AppendAllText(Path.Combine(Assets.Out, "figures.txt"), line + "\n");
        }
    }
}
