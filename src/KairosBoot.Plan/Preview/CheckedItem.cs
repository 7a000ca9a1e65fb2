namespace KairosBoot.Plan;

/// <summary>The result of a check.</summary>
public enum CheckVerdict { Ok, Warning, Error }

/// <summary>A check of a node, and the worst that it found in the machine and its slots.</summary>
/// <param name="name">Its name, one or two words.</param>
/// <param name="verdict">What it found.</param>
public sealed class CheckedItem(string name, CheckVerdict verdict)
{
    public string Name => name;
    public CheckVerdict Verdict => verdict;

    /// <summary><c>ok</c>, <c>warning</c>, <c>error</c>.</summary>
    public string ResultName => verdict switch { CheckVerdict.Ok => "ok", CheckVerdict.Warning => "warning", _ => "error" };
}
