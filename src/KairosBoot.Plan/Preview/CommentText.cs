namespace KairosBoot.Plan;

/// <summary>Text for a comment of a shell script: a line break in a foreign name would start a command.</summary>
internal static class CommentText
{
    internal static string OneLine(string text) => text.Replace("\n", @"\n").Replace("\r", @"\r");
}
