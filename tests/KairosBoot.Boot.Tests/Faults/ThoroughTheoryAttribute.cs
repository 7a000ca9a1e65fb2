namespace KairosBoot.Boot.Tests;

/// <summary>A theory whose rows take minutes each: it runs with <c>tests/run.sh --all</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ThoroughTheoryAttribute : TheoryAttribute
{
    public ThoroughTheoryAttribute() => Skip = Thorough.Run ? null : "takes minutes for each row: run tests/run.sh --all boot";
}
