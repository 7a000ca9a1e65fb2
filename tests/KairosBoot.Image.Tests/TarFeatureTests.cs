namespace KairosBoot.Image.Tests;

/// <summary>Archives made by hand, one feature each: unpacked as <c>tar -x</c> does it, or refused with the reason.</summary>
public class TarFeatureTests : Scratch
{
    private const string Acl = "user::rw-,user:33:rw-,group::r--,group:1001:r-x,mask::rwx,other::---";

    private static readonly string Long = string.Concat(Enumerable.Repeat("a-long-directory-name/", 8)) + "file";

    private static readonly Dictionary<string, byte[][]> Accepted = new()
    {
        ["plain"] = [TarBytes.Directory("d/"), TarBytes.File("d/f"), TarBytes.Link("d/l", "f"), TarBytes.File("empty", "")],
        ["modes"] = [TarBytes.File("suid", mode: 0xDED), TarBytes.Directory("sticky/", mode: 0x3FF), TarBytes.File("none", mode: 0)],
        ["v7"] = [TarBytes.Header("d/", '\0', mode: 493, magic: TarBytes.V7), TarBytes.File("d/f", type: '\0', magic: TarBytes.V7)],
        ["directory by its slash"] = [TarBytes.Header("d/", '0', mode: 493), TarBytes.File("d/f")],
        ["contiguous"] = [TarBytes.File("f", type: '7')],
        ["directory with a size"] = [TarBytes.Header("d/", '5', 4096, 493), TarBytes.File("d/f")],
        ["hard link with a size"] = [TarBytes.File("a"), TarBytes.Header("b", '1', 7, link: "a"), TarBytes.File("c")],
        ["signed checksum"] = [Signed(TarBytes.File("n\u00ef\u00ef", "x"))],
        ["prefix"] = [TarBytes.File("f", prefix: "a/b/c")],
        ["prefix of another format"] = [TarBytes.File("f", prefix: "a/b/c", magic: TarBytes.OldGnu)],
        ["numbers with blanks"] = [TarBytes.Header("f", change: block => TarBytes.Put(block, 108, 8, " 17 \0\0\0\0"))],
        ["numbers after a NUL"] = [TarBytes.Header("f", change: block => TarBytes.Put(block, 108, 8, "\0" + "0017 \0"))],
        ["number without an end"] = [TarBytes.Header("f", change: block => TarBytes.Put(block, 108, 8, "00000017"))],
        ["empty numbers"] = [TarBytes.Header("f", change: block => block.AsSpan(108, 16).Clear())],
        ["largest ids"] = [TarBytes.File("f", uid: 4294967294, gid: 4294967294),
            .. Pax(TarBytes.File("g"), ("uid", "4294967294"), ("gid", "2097152"))],
        ["times"] = [TarBytes.File("old", time: -86400), TarBytes.File("new", time: 5_000_000_000), TarBytes.Directory("d/", time: -1)],
        ["times in PAX"] = [.. Pax(TarBytes.File("a"), ("mtime", "-86400.5")), .. Pax(TarBytes.File("b"), ("mtime",
            "1700000000.123456789")),
            .. Pax(TarBytes.File("c"), ("mtime", "5000000000.25")), .. Pax(TarBytes.File("d"), ("mtime", "-1.1000000001")),
            .. Pax(TarBytes.File("e"), ("mtime", "1700000000.1234567891")), .. Pax(TarBytes.Link("l", "x"), ("mtime", "12.5")),
            .. Pax(TarBytes.File("g"), ("mtime", "7."))],
        ["long names"] = [TarBytes.Long('L', Long), TarBytes.File("short"), TarBytes.Long('K', Long), TarBytes.Link("l", "short"),
            TarBytes.Long('K', Long), TarBytes.HardLink("h", "short")],
        ["long names in PAX"] = [.. Pax(TarBytes.File("short"), ("path", Long)), .. Pax(TarBytes.Link("l", "s"), ("linkpath", Long)),
            .. Pax(TarBytes.HardLink("h", "s"), ("linkpath", Long))],
        ["both long names"] = [TarBytes.Long('L', "gnu"), .. Pax(TarBytes.File("short"), ("path", "pax"))],
        ["names that are not UTF-8"] = [TarBytes.File("caf\u00e9"), TarBytes.Directory("d\u00ff/"), TarBytes.Link("d\u00ff/l\u0080",
            "\u00fe"),
            TarBytes.Long('L', "long\u00e9" + new string('x', 120)), TarBytes.File("x"), .. Pax(TarBytes.File("x"), ("path", "p\u00e9")),
            TarBytes.HardLink("h\u00e9", "caf\u00e9")],
        ["odd names"] = [TarBytes.File("a\nb"), TarBytes.File("\u0001\u007f"), TarBytes.File(" "), TarBytes.File("-x"),
            TarBytes.File("a\\b\"c")],
        ["absolute names"] = [TarBytes.File("/etc/f"), TarBytes.HardLink("/etc/h", "/etc/f")],
        ["names with dots"] = [TarBytes.Directory("./d/"), TarBytes.File("./d/./f"), TarBytes.File("d//g")],
        ["hard links"] = [TarBytes.Directory("a/"), TarBytes.Directory("b/"), TarBytes.File("a/f", mode: 0xDED), TarBytes.HardLink("b/h",
            "a/f"),
            TarBytes.HardLink("h", "b/h"), TarBytes.Link("l", "a/f"), TarBytes.HardLink("a/l", "l"), TarBytes.Link("m", "/etc/passwd"),
            TarBytes.HardLink("b/m", "m"), TarBytes.Header("n", '3', major: 1, minor: 3), TarBytes.HardLink("a/n", "n"),
            TarBytes.Header("p", '6'), TarBytes.HardLink("b/p", "p")],
        ["hard link to itself"] = [TarBytes.File("a"), TarBytes.HardLink("a", "./a")],
        ["hard link to a file that is replaced"] = [TarBytes.File("a", mode: 0xDED, uid: 7), TarBytes.HardLink("b", "a"),
            TarBytes.File("a", "new")],
        ["hard link that is replaced"] = [TarBytes.File("a", uid: 7), TarBytes.HardLink("b", "a"), TarBytes.File("b", "new", uid: 8)],
        ["hard link over a file"] = [TarBytes.File("a", uid: 7), TarBytes.File("b", "old"), TarBytes.HardLink("b", "a")],
        ["nodes"] = [TarBytes.Header("c", '3', major: 1, minor: 5, uid: 5), TarBytes.Header("b", '4', major: 8, minor: 300),
            TarBytes.Header("p", '6')],
        ["duplicates"] = [TarBytes.File("f", "old and longer", uid: 3), TarBytes.File("./f", "new"), TarBytes.Link("l", "a"),
            TarBytes.Link("l", "b"),
            TarBytes.Directory("d/", mode: 0x1C0), TarBytes.File("d/f"), TarBytes.Directory("d/"), TarBytes.File("x"), TarBytes.Link("x",
                "f"),
            TarBytes.File("y"), TarBytes.Directory("y/"), TarBytes.Directory("z/"), TarBytes.File("z")],
        ["global header"] = [TarBytes.Pax('g', ("mtime", "1000000000.5"), ("uid", "12"), ("comment", "x")), TarBytes.File("a"),
            .. Pax(TarBytes.File("b"), ("uid", "13")), TarBytes.Directory("d/"), TarBytes.Pax('g', ("gid", "14")), TarBytes.File("c")],
        ["keys without effect"] = [.. Pax(TarBytes.File("a"), ("comment", "x"), ("atime", "1"), ("ctime", "2.5"), ("uname", "root"),
            ("gname", "x"),
            ("SCHILY.dev", "1"), ("SCHILY.ino", "2"), ("SCHILY.nlink", "1"), ("LIBARCHIVE.creationtime", "3"), ("hdrcharset", "BINARY"),
            ("charset", "ISO-IR 10646 2000 UTF-8"), ("SCHILY.fflags", "nodump"))],
        ["attributes"] = [.. Pax(TarBytes.File("a"), ("SCHILY.xattr.user.b", "2\n\0x"), ("SCHILY.xattr.user.a%3Db%25", "\u00ff"),
            ("SCHILY.xattr.user.empty", ""), ("SCHILY.xattr.security.capability", "\u0001\0\0\u0002\u0080" + new string('\0', 15))),
            .. Pax(TarBytes.Directory("d/"), ("SCHILY.xattr.trusted.x", "1")), .. Pax(TarBytes.Link("l", "x"), ("SCHILY.xattr.trusted.x",
                "2"))],
        ["the last of two values"] = [.. Pax(TarBytes.File("a"), ("SCHILY.xattr.user.a", "1"), ("SCHILY.xattr.user.a", "2"), ("uid", "1"),
            ("uid", "2"))],
        ["labels"] = [.. Pax(TarBytes.File("a"), ("RHT.security.selinux", "system_u:object_r:etc_t:s0"))],
        ["access control lists"] = [.. Pax(TarBytes.File("a"), ("SCHILY.acl.access", Acl)),
            .. Pax(TarBytes.File("b"), ("SCHILY.acl.access", Acl.Replace(',', '\n') + "\n")),
            .. Pax(TarBytes.Directory("d/"), ("SCHILY.acl.access", Acl), ("SCHILY.acl.default", Acl)), TarBytes.File("d/f"),
                TarBytes.Directory("d/e/"),
            .. Pax(TarBytes.File("c"), ("SCHILY.acl.access", "user::rwx,group::r-x,other::r--"))],
        ["sparse 0.0"] = [.. Pax(TarBytes.File("s", new string('A', 512) + new string('B', 100)), ("GNU.sparse.size", "10000"),
            ("GNU.sparse.numblocks", "2"), ("GNU.sparse.offset", "1024"), ("GNU.sparse.numbytes", "512"), ("GNU.sparse.offset", "9900"),
            ("GNU.sparse.numbytes", "100"))],
        ["sparse 0.1"] = [.. Pax(TarBytes.File("x", new string('A', 512)), ("GNU.sparse.size", "10000"), ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.map", "1024,512,10000,0"), ("GNU.sparse.name", "dir/s"))],
        ["sparse 1.0"] = [.. Pax(TarBytes.File("x", "2\n1024\n512\n10000\n0\n".PadRight(512, '\0') + new string('A', 512)),
            ("GNU.sparse.major", "1"),
            ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "10000"), ("path", "ignored")),
                TarBytes.File("after")],
        ["sparse S"] = [OldSparse(false), TarBytes.File("after"), OldSparse(true), TarBytes.File("after-2")],
        ["label of a volume"] = [TarBytes.Header("label", 'V', magic: TarBytes.OldGnu), TarBytes.File("a")],
        ["incremental"] = [TarBytes.Header("d/", 'D', 5, 493, magic: TarBytes.OldGnu), TarBytes.Padded("Yf\0\0\0"u8.ToArray()),
            TarBytes.File("d/f")],
        ["size in PAX"] = [.. Pax(TarBytes.Header("a", size: 0), ("size", "700")), TarBytes.Padded(new byte[700]), TarBytes.File("b")],
        ["top directory"] = [TarBytes.Directory("./", mode: 0x1C0, time: 5), TarBytes.File("./a")],
    };

    [RootFact]
    public void Archives_made_by_hand_give_the_tree_of_tar()
    {
        var verdicts = TarOracle.Compare(PathOf("work"), Accepted.Select(row => (row.Key, Whole(row.Value))));
        TarOracle.RequireNone(verdicts.Select(verdict => verdict.Fault ?? Refused(verdict)));
        Assert.Equal(Accepted.Count, verdicts.Count);
    }

    private static string? Refused(TarOracle.Verdict verdict) =>
        verdict.Refusal is { } refusal ? $"{verdict.Name}: refused: {refusal.Problem}" : null;

    /// <summary>Pax records before a member.</summary>
    internal static byte[][] Pax(byte[] member, params (string Key, string Value)[] records) => [TarBytes.Pax(records), member];

    /// <summary>GNU tar's own sparse format, with or without a block that extends the map.</summary>
    internal static byte[] OldSparse(bool extended)
    {
        var regions = extended ? 27 : 3;
        var size = regions * 4096L;
        var header = TarBytes.Header(extended ? "extended" : "sparse", 'S', regions * 512L, magic: TarBytes.OldGnu, change: block =>
        {
            for (var i = 0; i < Math.Min(4, regions); i++) Region(block, 386 + 24 * i, i);
            block[482] = (byte)(extended ? 1 : 0);
            TarBytes.Number(block, 483, 12, size);
        });
        var more = new byte[extended ? 2 * 512 : 0];
        for (var i = 4; i < regions; i++) Region(more, (i - 4) / 21 * 512 + (i - 4) % 21 * 24, i);
        if (extended) more[504] = 1;
        return [.. header, .. more, .. Enumerable.Range(0, regions).SelectMany(i => Enumerable.Repeat((byte)('a' + i % 26), 512))];

        void Region(byte[] block, int at, int i)
        {
            TarBytes.Number(block, at, 12, i * 4096 + 3584);
            TarBytes.Number(block, at + 12, 12, 512);
        }
    }

    internal static byte[] Whole(byte[][] parts) => [.. parts.SelectMany(part => part), .. TarBytes.End];

    // Some old programs add signed bytes.
    private static byte[] Signed(byte[] member)
    {
        member.AsSpan(148, 8).Fill((byte)' ');
        TarBytes.Put(member, 148, 8, $"{Convert.ToString(member[..512].Sum(octet => (sbyte)octet), 8).PadLeft(6, '0')}\0 ");
        return member;
    }
}
