namespace KairosBoot.Linux;

/// <summary>Takes what a program prints, piece by piece, while it runs.</summary>
/// <param name="piece">Empty about once a second while nothing comes.</param>
/// <returns>False: the program is killed, with its group.</returns>
public delegate bool OutputReceiver(ReadOnlySpan<byte> piece);
