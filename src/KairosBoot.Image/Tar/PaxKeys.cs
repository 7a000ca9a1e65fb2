using System.Buffers.Text;
using System.Globalization;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// All keys of PAX headers that are known, and what is done with each. An unknown one may change the meaning of the member, so it is
/// refused.
/// </summary>
internal static class PaxKeys
{
    private delegate void Handler(PaxValues values, string rest, ReadOnlySpan<byte> value);

    /// <param name="Key">The key; with a dot at the end, the start of a key, whose rest the handler gets.</param>
    /// <param name="Global">Whether it is accepted in a header for all members.</param>
    private sealed record Row(string Key, bool Global, Handler Handle);

    private static readonly Row[] Rows =
    [
        // pax(1)
        new("path", false, (values, _, value) => values.Path = Name(value)),
        new("linkpath", false, (values, _, value) => values.LinkPath = Name(value)),
        new("size", false, (values, _, value) => values.Size = Number(value, TarHeader.MaxSize)),
        new("uid", true, (values, _, value) => values.Uid = Id(value)),
        new("gid", true, (values, _, value) => values.Gid = Id(value)),
        new("mtime", true, (values, _, value) => values.TimeNs = Time(value)),
        // An image has one time per file.
        new("atime", true, (_, _, value) => Time(value)),
        new("ctime", true, (_, _, value) => Time(value)),
        new("LIBARCHIVE.creationtime", true, (_, _, value) => Time(value)),
        // Owners are numbers: the names of the build host mean other users.
        Ignored("uname"), Ignored("gname"),
        Ignored("comment"),
        // Names are bytes here, so both encodings read the same.
        new("charset", true, RequireEncoding),
        new("hdrcharset", true, RequireEncoding),

        // GNU tar and libarchive: sparse files
        new("GNU.sparse.major", false, (values, _, value) => Sparse(values).Major = Number(value, int.MaxValue)),
        new("GNU.sparse.minor", false, (values, _, value) => Sparse(values).Minor = Number(value, int.MaxValue)),
        new("GNU.sparse.name", false, (values, _, value) => Sparse(values).Name = Name(value)),
        new("GNU.sparse.realsize", false, (values, _, value) => Sparse(values).RealSize = Number(value, TarHeader.MaxSize)),
        new("GNU.sparse.size", false, (values, _, value) => Sparse(values).RealSize = Number(value, TarHeader.MaxSize)),
        new("GNU.sparse.numblocks", false, (values, _, value) => Sparse(values).Count = Number(value, int.MaxValue)),
        new("GNU.sparse.offset", false, (values, _, value) => Sparse(values).AddOffset(Number(value, TarHeader.MaxSize))),
        new("GNU.sparse.numbytes", false, (values, _, value) => Sparse(values).AddLength(Number(value, TarHeader.MaxSize))),
        new("GNU.sparse.map", false, ReadMap),
        // The names in a directory at the time of an incremental backup; tar -x without --incremental ignores them, too.
        Ignored("GNU.dumpdir"),
        Ignored("GNU.volume.label"),

        // Attributes: star, GNU tar and container engines write the first form, libarchive both.
        new("SCHILY.xattr.", false, (values, rest, value) => values.PlainAttributes[PlainName(rest)] = value.ToArray()),
        new("LIBARCHIVE.xattr.", false,
            (values, rest, value) => values.OtherAttributes[AttributeName(Uri.UnescapeDataString(rest))] = Base64Value(value)),
        new("RHT.security.selinux", false, (values, _, value) => values.SecurityLabel = RequireNoNul(value).ToArray()),
        new("SCHILY.acl.access", false, (values, _, value) => values.AccessAcl = Name(value)),
        new("SCHILY.acl.default", false, (values, _, value) => values.DefaultAcl = Name(value)),

        // Properties of the file system that was packed: tar -x ignores them, too.
        Ignored("SCHILY.dev"), Ignored("SCHILY.ino"), Ignored("SCHILY.nlink"), Ignored("SCHILY.fflags"), Ignored("LIBARCHIVE.symlinktype"),
        Ignored("SCHILY.archtype"), Ignored("SCHILY.release"), Ignored("SCHILY.volhdr"),
    ];

    /// <exception cref="TarProblem">The key is unknown, or its value is damaged.</exception>
    internal static void Apply(PaxValues values, string key, ReadOnlySpan<byte> value, bool isGlobal)
    {
        var row = Array.Find(Rows, row => row.Key == key || row.Key.EndsWith('.') && key.StartsWith(row.Key, StringComparison.Ordinal))
            ?? throw TarProblem.Refusal($"has the unknown PAX key '{ToolText.Show(key)}'",
                "pack it with another program or without that key");
        if (isGlobal && !row.Global)
        {
            throw TarProblem.Refusal($"is preceded by a global PAX header with '{ToolText.Show(key)}', which is not for all members",
                "pack it without that key");
        }

        row.Handle(values, key[row.Key.Length..], value);
    }

    private static Row Ignored(string key) => new(key, true, (_, _, _) => { });

    private static PaxSparse Sparse(PaxValues values) => values.Sparse ??= new PaxSparse();

    private static void ReadMap(PaxValues values, string rest, ReadOnlySpan<byte> value)
    {
        var sparse = Sparse(values);
        var isOffset = true;
        foreach (var range in value.Split((byte)','))
        {
            var number = Number(value[range], TarHeader.MaxSize);
            if (isOffset) sparse.AddOffset(number);
            else sparse.AddLength(number);
            isOffset = !isOffset;
        }
    }

    private static void RequireEncoding(PaxValues values, string rest, ReadOnlySpan<byte> value)
    {
        if (!value.SequenceEqual("BINARY"u8) && !value.SequenceEqual("ISO-IR 10646 2000 UTF-8"u8))
        {
            throw TarProblem.Refusal($"has names in the encoding '{ToolText.Show(FileName.Decode(value))}'",
                "pack it with names in UTF-8");
        }
    }

    private static string Name(ReadOnlySpan<byte> value) => FileName.Decode(RequireNoNul(value));

    private static ReadOnlySpan<byte> RequireNoNul(ReadOnlySpan<byte> value) =>
        value.Length > 0 && !value.Contains((byte)0) ? value : throw TarProblem.Damage("a PAX header has an empty text or one with a NUL");

    private static long Number(ReadOnlySpan<byte> value, long max) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max ? number
            : throw TarProblem.Damage("a PAX header has an invalid number");

    private static uint Id(ReadOnlySpan<byte> value) => (uint)Number(value, uint.MaxValue - 1);

    private static long Time(ReadOnlySpan<byte> value) =>
        TarTime.Parse(FileName.Decode(value)) ?? throw TarProblem.Damage("a PAX header has an invalid time, or one not from 1678 to 2261");

    // GNU tar escapes only '=' and '%' in a name (xheader.c, xattr_encode_keyword).
    private static string PlainName(string name) => AttributeName(name.Replace("%3D", "=").Replace("%25", "%"));

    private static string AttributeName(string name)
    {
        if (name.Length == 0 || name.Contains('\0')) throw TarProblem.Damage("a PAX header has an attribute with an invalid name");
        return name.EnumerateRunes().All(rune => rune != Rune.ReplacementChar) ? name
            : throw TarProblem.Damage("a PAX header has an attribute whose name is not UTF-8");
    }

    private static byte[] Base64Value(ReadOnlySpan<byte> value)
    {
        // libarchive omits the padding.
        var text = value.TrimEnd((byte)'=');
        byte[] padded = [.. text, .. Enumerable.Repeat((byte)'=', (4 - text.Length % 4) % 4)];
        var decoded = new byte[padded.Length / 4 * 3];
        return Base64.DecodeFromUtf8(padded, decoded, out _, out var length) == System.Buffers.OperationStatus.Done ? decoded[..length]
            : throw TarProblem.Damage("a PAX header has an attribute that is not base64");
    }
}
