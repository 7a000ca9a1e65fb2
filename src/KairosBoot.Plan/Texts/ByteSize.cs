namespace KairosBoot.Plan;

/// <summary>Sizes for messages.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>512 B</c>, <c>64.0 MiB</c>, <c>1.8 GiB</c>.</summary>
    public static string Text(long bytes)
    {
        var unit = 0;
        long tenths = bytes * 10;
        for (; tenths >= 10240 && unit < Units.Length - 1; unit++) tenths = (tenths + 512) / 1024;
        return unit == 0 ? $"{bytes} B" : $"{tenths / 10}.{tenths % 10} {Units[unit]}";
    }
}
