namespace KairosBoot.Init;

/// <summary>An image that can be read and is no system to hand over to: no other boot of it would end better.</summary>
/// <param name="problem">What it lacks, as a sentence without a full stop.</param>
/// <param name="fix">What to do about it.</param>
internal sealed class UnbootableImageException(string problem, string fix) : Exception(problem)
{
    public string Fix { get; } = fix;
}
