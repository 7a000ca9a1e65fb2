namespace KairosBoot.Init;

/// <summary>A volume without which the system must not start is not there. That is no image's fault.</summary>
/// <param name="problem">Which one, and what is there instead, as a sentence without a full stop.</param>
/// <param name="fix">What to do about it.</param>
internal sealed class MissingVolumeException(string problem, string fix) : Exception(problem)
{
    public string Fix { get; } = fix;
}
