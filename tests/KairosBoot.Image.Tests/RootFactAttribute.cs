namespace KairosBoot.Image.Tests;

/// <summary>A test that compares with what tar unpacks as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = Environment.IsPrivilegedProcess ? null : "only root can unpack owners and devices";
}
