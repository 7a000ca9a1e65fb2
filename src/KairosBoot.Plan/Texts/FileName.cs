using System.Text;
using System.Text.Unicode;

namespace KairosBoot.Plan;

/// <summary>
/// File names as text. The kernel's names are bytes, usually UTF-8. A byte that is not UTF-8 becomes a lone low surrogate, U+DC80 to
/// U+DCFF, and is converted back to the same byte: every file can be accessed.
/// </summary>
public static class FileName
{
    private const char BytesAt = '\uDC00';

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done)
                text.Append(rune.ToString());
            else
                foreach (var b in bytes[..length]) text.Append((char)(BytesAt + b));
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    /// <summary>The bytes of the name with a NUL at the end, for system calls.</summary>
    public static byte[] Encode(string name)
    {
        // Every system call with a path comes here, and nearly every path is ASCII.
        var ascii = new byte[name.Length + 1];
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] > '\x7f') return EncodeOthers(name);
            ascii[i] = (byte)name[i];
        }
        return ascii;
    }

    private static byte[] EncodeOthers(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(name.Length) + 1];
        var at = 0;
        for (var start = 0; start <= name.Length;)
        {
            var end = start;
            while (end < name.Length && !IsByte(name, end)) end++;
            at += Encoding.UTF8.GetBytes(name.AsSpan(start, end - start), bytes.AsSpan(at));
            if (end < name.Length) bytes[at++] = (byte)(name[end] - BytesAt);
            start = end + 1;
        }
        return bytes[..(at + 1)];
    }

    private static bool IsByte(string name, int i) =>
        name[i] is >= (char)(BytesAt + 0x80) and <= (char)(BytesAt + 0xFF) && (i == 0 || !char.IsHighSurrogate(name[i - 1]));
}
