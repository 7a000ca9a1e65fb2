namespace KairosBoot.Linux;

/// <summary>Supplies the standard input of a tool, piece by piece, while the tool runs.</summary>
/// <param name="piece">To be filled from its start.</param>
/// <returns>The number of bytes; 0: the end of the input.</returns>
public delegate int ToolInput(Span<byte> piece);
