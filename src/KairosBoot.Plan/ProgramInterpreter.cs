using System.Buffers.Binary;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// What the kernel starts with a program: the loader of an ELF file (elf(5)), or the interpreter of a script (execve(2)).
/// </summary>
public static class ProgramInterpreter
{
    /// <summary>So many bytes of a file are enough: linkers place the loader's name after the program headers.</summary>
    public const int HeadBytes = 64 * 1024;

    private const int Interp = 3, MaxHeaders = 128, MaxPath = 4096;

    /// <summary>True: the kernel knows the format.</summary>
    public static bool IsProgram(ReadOnlySpan<byte> head) => head.StartsWith("\u007fELF"u8) || head.StartsWith("#!"u8);

    /// <summary>Path of the loader or interpreter; null: the program needs none.</summary>
    public static string? Of(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("#!"u8)) return OfElf(head);
        var line = head[2..];
        if (line.IndexOf((byte)'\n') is >= 0 and var end) line = line[..end];
        line = line.TrimStart(" \t"u8);
        return line.IndexOfAny((byte)' ', (byte)'\t') is >= 0 and var word ? Text(line[..word]) : Text(line);
    }

    private static string? OfElf(ReadOnlySpan<byte> head)
    {
        if (head.Length < 64 || !head.StartsWith("\u007fELF"u8) || head[4] is not (1 or 2) || head[5] != 1) return null;
        var is64 = head[4] == 2;
        long table = is64 ? Long(head, 32) : Number(head, 28);
        int rowSize = Word(head, is64 ? 54 : 42), rows = Math.Min(Word(head, is64 ? 56 : 44), MaxHeaders);
        for (var row = table; rows > 0; rows--, row += rowSize)
        {
            if (Number(head, row) != Interp) continue;
            long offset = is64 ? Long(head, row + 8) : Number(head, row + 4), size = is64 ? Long(head, row + 32) : Number(head, row + 16);
            if (offset < 0 || size is < 2 or > MaxPath || offset > head.Length - size) return null;
            return Text(head.Slice((int)offset, (int)size).TrimEnd((byte)0));
        }

        return null;
    }

    private static string Text(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path);

    private static bool IsIn(ReadOnlySpan<byte> head, long offset, int length) => offset >= 0 && offset <= head.Length - length;

    // 0 outside of the head
    private static int Word(ReadOnlySpan<byte> head, long offset) =>
        IsIn(head, offset, 2) ? BinaryPrimitives.ReadUInt16LittleEndian(head[(int)offset..]) : 0;

    private static long Number(ReadOnlySpan<byte> head, long offset) =>
        IsIn(head, offset, 4) ? BinaryPrimitives.ReadUInt32LittleEndian(head[(int)offset..]) : 0;

    private static long Long(ReadOnlySpan<byte> head, long offset) =>
        IsIn(head, offset, 8) ? BinaryPrimitives.ReadInt64LittleEndian(head[(int)offset..]) : 0;
}
