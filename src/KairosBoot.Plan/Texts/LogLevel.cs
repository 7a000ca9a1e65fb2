namespace KairosBoot.Plan;

/// <summary>The severity of a message, from the least to the most severe.</summary>
public enum LogLevel
{
    Debug,
    Information,
    Warning,
    Error,
    Critical,
}
