namespace KairosBoot.Linux;

/// <summary>Supplies the standard input of a tool, piece by piece, while the tool runs.</summary>
/// <param name="socket">Non-blocking. It had room before the call.</param>
/// <returns>The number of bytes that the socket took, which may be 0; null: the end of the input, or the tool does not read it.</returns>
public delegate long? ToolInput(FileHandle socket);
