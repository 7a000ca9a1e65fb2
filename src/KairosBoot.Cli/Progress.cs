using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary>How far long work is: one line on a terminal, nothing in a pipe.</summary>
internal static class Progress
{
    private const string EndOfLine = "\e[K"; // erases what a longer text has left

    internal static T Show<T>(Func<ProgressReport, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work((_, _, _) => { });
        }

        var shown = "";
        try
        {
            return work((what, done, total) =>
            {
                var text = total > 1 ? $"{what} {done * 100 / total} %" : what;
                if (text != shown)
                {
                    Console.Error.Write($"\r{shown = text}{EndOfLine}");
                }
            });
        }
        finally
        {
            Console.Error.Write("\r" + EndOfLine);
        }
    }
}
