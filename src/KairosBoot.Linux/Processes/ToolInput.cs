namespace KairosBoot.Linux;

/// <summary>Supplies the standard input of a tool, piece by piece, while the tool runs.</summary>
/// <param name="pipe">Non-blocking. It had room before the call.</param>
/// <returns>The number of bytes that the pipe took, which may be 0; null: the end of the input, or the tool does not read it.</returns>
public delegate long? ToolInput(FileHandle pipe);
