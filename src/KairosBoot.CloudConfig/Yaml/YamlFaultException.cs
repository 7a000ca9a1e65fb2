namespace KairosBoot.CloudConfig;

/// <summary>A document that cannot be read as YAML. <see cref="Exception.Message"/> says why; line and column count from 1.</summary>
internal sealed class YamlFaultException(int line, int column, string reason) : Exception(reason)
{
    public int Line { get; } = line;
    public int Column { get; } = column;
}
