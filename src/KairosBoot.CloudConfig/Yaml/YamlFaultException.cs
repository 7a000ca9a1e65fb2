namespace KairosBoot.CloudConfig;

/// <summary>Invalid YAML. <see cref="Exception.Message"/> is the reason. Line and column start at 1.</summary>
internal sealed class YamlFaultException(int line, int column, string reason) : Exception(reason)
{
    public int Line { get; } = line;
    public int Column { get; } = column;
}
