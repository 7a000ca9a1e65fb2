namespace KairosBoot.Plan.Tests;

/// <summary>Damaged copies of valid inputs. The same seed gives the same inputs; a failure names its seed.</summary>
internal sealed class Mutations(int seed)
{
    /// <summary>KAIROSBOOT_PARSER_INPUTS sets the number of inputs, KAIROSBOOT_FUZZ_SEED the seed.</summary>
    public static int Inputs => Setting("KAIROSBOOT_PARSER_INPUTS", 20_000);

    public static int Seed => Setting("KAIROSBOOT_FUZZ_SEED", 20260101);

    // Numbers at the limits of lengths, offsets and counts.
    private static readonly ulong[] Edges = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
        0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue];

    private readonly Random random = new(seed);

    /// <summary>One to eight changes of a valid input: a bit, a byte, a number at a limit, a part copied elsewhere, a cut.</summary>
    public byte[] Of(byte[] good)
    {
        var bytes = (byte[])good.Clone();
        for (var changes = random.Next(1, 9); changes > 0 && bytes.Length > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: Edge(bytes, at); break;
                case 3: Copy(bytes, random.Next(bytes.Length), at); break;
                case 4: random.NextBytes(bytes.AsSpan(at, random.Next(Math.Min(64, bytes.Length - at)))); break;
                default:
                    if (random.Next(4) == 0) bytes = bytes[..at];
                    break;
            }
        }
        return bytes;
    }

    private void Copy(byte[] bytes, int from, int to) =>
        Array.Copy(bytes, from, bytes, to, random.Next(Math.Min(64, bytes.Length - Math.Max(from, to))));

    private void Edge(byte[] bytes, int at)
    {
        var value = Edges[random.Next(Edges.Length)];
        var bigEndian = random.Next(2) == 0;
        var width = 1 << random.Next(4);
        for (var i = 0; i < width && at + i < bytes.Length; i++) bytes[at + i] = (byte)(value >> 8 * (bigEndian ? width - 1 - i : i));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
