namespace KairosBoot.Plan;

/// <summary>A log in pages for a console: the last page first, then those before it.</summary>
/// <param name="text">The whole log.</param>
public sealed class LogPages(string text)
{
    // A page takes a serial line of 9600 baud five seconds.
    private const int Lines = 20, MaxWidth = 240;

    private readonly string[] lines = text.TrimEnd('\n').Split('\n');
    private int next;

    /// <summary>The lines of the next page. After the first page of the log the last one follows again.</summary>
    public List<string> Next()
    {
        if (next <= 0) next = lines.Length;
        var first = Math.Max(0, next - Lines);
        var page = new List<string>
        {
            string.Concat(["log, lines ", (first + 1).ToString(), " to ", next.ToString(), " of ", lines.Length.ToString()]),
        };
        for (var i = first; i < next; i++)
            page.Add(lines[i].Length <= MaxWidth ? lines[i] : lines[i][..LineWrap.End(lines[i], 0, MaxWidth)] + " ...");
        next = first;
        return page;
    }
}
