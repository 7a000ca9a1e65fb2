using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The SHA-256 that a download must have: <c>checksum: sha256:DIGITS</c>.</summary>
internal sealed class Checksum
{
    private const string Prefix = "sha256:";
    private const int Digits = 64;
    private readonly string digits;

    private Checksum(string digits) => this.digits = digits;

    /// <summary>Null: no checksum given. Throws <see cref="FormatException"/> for an unknown form, so that a checksum is never ignored.</summary>
    internal static Checksum? Parse(YamlMapping item)
    {
        if (item.Find("checksum") is null) return null;
        var text = (item.Text("checksum") ?? "").ToLowerInvariant();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.Length != Prefix.Length + Digits || text.AsSpan(Prefix.Length).ContainsAnyExcept("0123456789abcdef"))
        {
            throw new FormatException($"checksum does not have the form {Prefix} and {Digits} hexadecimal digits");
        }

        return new Checksum(text[Prefix.Length..]);
    }

    /// <summary>True: the existing file has the checksum.</summary>
    internal bool Matches(FilePlace place)
    {
        using var found = place.TryOpen();
        if (found is null) return false;
        using var file = BoundedFile.Open(found, new ReadLimit(long.MaxValue, "a download"));
        var digest = new Sha256();
        var buffer = new byte[1 << 16];
        // Only up to the current size: the owner may extend the file during the read.
        for (var left = Syscall.FStat(file).Size; left > 0;)
        {
            var length = Syscall.Read(file, buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
            if (length == 0) break;
            digest.Append(buffer.AsSpan(0, length));
            left -= length;
        }
        return Convert.ToHexStringLower(digest.Finish()) == digits;
    }

    /// <summary>Throws <see cref="FormatException"/> for another checksum.</summary>
    internal void Check(string found, WebAddress address)
    {
        if (found != digits) throw new FormatException($"{address.Display}: its checksum is {Prefix}{found}, not {Prefix}{digits}");
    }
}
