namespace KairosBoot.Image.Tests;

/// <summary>A test that gives files what only root may give them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = Environment.IsPrivilegedProcess ? null : "only root may give files capabilities";
}
