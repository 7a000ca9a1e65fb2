using System.Collections.Immutable;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A GRUB environment block: a signature line, <c>name=value</c> lines, and <c>#</c> up to the end of the file. In a value, a backslash
/// precedes each backslash and each line feed. Format: grub's lib/envblk.c.
/// </summary>
public sealed class EnvironmentBlock(ImmutableArray<KeyValuePair<string, string>> variables)
{
    /// <summary>The size of <c>/bootstate</c>: GRUB accepts other sizes, but grub-editenv and other tools do not.</summary>
    public const int Bytes = 1024;

    /// <summary>All content must be in the first sector: a disk writes one sector completely or not at all.</summary>
    public const int MaxContent = 512;

    private static ReadOnlySpan<byte> Signature => "# GRUB Environment Block\n"u8;

    /// <summary>In the order of the file; a name may occur twice.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Variables => variables;

    /// <summary>The last value of the name, which is the one GRUB uses; null: the name does not occur.</summary>
    public string? this[string name]
    {
        get
        {
            string? value = null;
            foreach (var variable in variables)
                if (variable.Key == name) value = variable.Value;
            return value;
        }
    }

    /// <summary>
    /// Null: not an environment block. Accepts any file size and reads each byte as one character. Ignores a variable that is cut off.
    /// </summary>
    public static EnvironmentBlock? TryParse(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature)) return null;
        var found = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        for (var rest = file[Signature.Length..]; !rest.IsEmpty;)
        {
            // A comment; the padding is one too. It ends at the end of its line.
            var equals = rest[0] == '#' ? -1 : rest.IndexOf((byte)'=');
            if (rest[0] != '#' && equals < 0) break;
            var value = new StringBuilder();
            var end = equals < 0 ? 0 : equals + 1;
            for (; end < rest.Length && rest[end] != '\n'; end++)
            {
                if (equals >= 0 && rest[end] == '\\' && ++end == rest.Length) break;
                value.Append((char)rest[end]);
            }
            if (end >= rest.Length) break;
            if (equals >= 0) found.Add(new(Text(rest[..equals]), value.ToString()));
            rest = rest[(end + 1)..];
        }
        return new(found.ToImmutable());
    }

    /// <summary>The whole file in its fixed size, for overwriting in place.</summary>
    /// <exception cref="InvalidOperationException">The content is longer than <see cref="MaxContent"/>.</exception>
    public byte[] ToBytes() => ToBytes(Bytes, MaxContent);

    /// <summary>The whole file in a size of choice, for files that are replaced as a whole.</summary>
    /// <exception cref="InvalidOperationException">The content is longer than the size.</exception>
    public byte[] ToBytes(int bytes) => ToBytes(bytes, bytes);

    private byte[] ToBytes(int bytes, int maxContent)
    {
        var file = new byte[bytes];
        file.AsSpan().Fill((byte)'#');
        Signature.CopyTo(file);
        var at = Signature.Length;
        foreach (var (name, value) in variables)
        {
            foreach (var c in name) Put(c);
            Put('=');
            foreach (var c in value)
            {
                if (c is '\\' or '\n') Put('\\');
                Put(c);
            }
            Put('\n');
        }
        return file;

        void Put(char c)
        {
            if (at == maxContent) throw new InvalidOperationException($"the environment block does not fit into {maxContent} bytes");
            file[at++] = (byte)c;
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes) text.Append((char)b);
        return text.ToString();
    }
}
