namespace KairosBoot.Plan;

/// <summary>A partition in its table.</summary>
/// <param name="number">From 1.</param>
/// <param name="first">Its first block.</param>
/// <param name="last">Its last block.</param>
/// <param name="name">Empty: it has none.</param>
public sealed class TablePartition(int number, long first, long last, string name)
{
    public int Number => number;
    public long First => first;
    public long Last => last;
    public string Name => name;

    /// <summary><c>partition 5 (COS_PERSISTENT)</c></summary>
    public override string ToString() => name.Length == 0 ? $"partition {number}" : $"partition {number} ({name})";
}
