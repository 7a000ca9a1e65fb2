namespace KairosBoot.Image;

/// <summary>Reports the progress of long work.</summary>
/// <param name="what">What is done: <c>copying</c>.</param>
/// <param name="done">Bytes done.</param>
/// <param name="total">Bytes in all.</param>
public delegate void ProgressReport(string what, long done, long total);
