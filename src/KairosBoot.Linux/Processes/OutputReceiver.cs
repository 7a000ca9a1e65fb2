namespace KairosBoot.Linux;

/// <summary>Receives the output of a program, piece by piece, while it runs.</summary>
/// <param name="piece">Empty about once a second if there is no output.</param>
/// <returns>False: kill the program with its group.</returns>
public delegate bool OutputReceiver(ReadOnlySpan<byte> piece);
