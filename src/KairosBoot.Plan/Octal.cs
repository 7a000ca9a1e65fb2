namespace KairosBoot.Plan;

/// <summary>
/// File modes named by their octal digits: C# has no octal literals, and 0b110_100_100 hides 0644. A test compares each name with its
/// value.
/// </summary>
public static class Octal
{
    public const int O002 = 0b000_000_010;
    public const int O020 = 0b000_010_000;
    public const int O022 = 0b000_010_010;
    public const int O044 = 0b000_100_100;
    public const int O055 = 0b000_101_101;
    public const int O077 = 0b000_111_111;
    public const int O111 = 0b001_001_001;
    public const int O444 = 0b100_100_100;
    public const int O500 = 0b101_000_000;
    public const int O600 = 0b110_000_000;
    public const int O640 = 0b110_100_000;
    public const int O644 = 0b110_100_100;
    public const int O666 = 0b110_110_110;
    public const int O700 = 0b111_000_000;
    public const int O711 = 0b111_001_001;
    public const int O744 = 0b111_100_100;
    public const int O750 = 0b111_101_000;
    public const int O755 = 0b111_101_101;
    public const int O777 = 0b111_111_111;
    public const int O1000 = 0b001_000_000_000;
    public const int O1777 = 0b001_111_111_111;
    public const int O2755 = 0b010_111_101_101;
    public const int O4720 = 0b100_111_010_000;
    public const int O4755 = 0b100_111_101_101;
    public const int O4777 = 0b100_111_111_111;
    public const int O6000 = 0b110_000_000_000;
    public const int O6777 = 0b110_111_111_111;
    public const int O7777 = 0b111_111_111_111;
}
