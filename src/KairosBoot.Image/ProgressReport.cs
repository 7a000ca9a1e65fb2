namespace KairosBoot.Image;

/// <summary>Reports how far long work is.</summary>
/// <param name="what">What is done: <c>copying</c>.</param>
/// <param name="done">Bytes done.</param>
/// <param name="total">Bytes in all.</param>
public delegate void ProgressReport(string what, long done, long total);
