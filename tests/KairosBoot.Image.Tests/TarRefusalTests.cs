using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>Archives that are damaged, that programs read differently, or that are no export: the reason names what it is.</summary>
public class TarRefusalTests : Scratch
{
    private static readonly string Deep = string.Concat(Enumerable.Repeat(new string('d', 250) + "/", 17)) + "f";

    private static readonly (string Reason, byte[][] Parts)[] Refused =
    [
        ("whiteout", [TarBytes.File("d/.wh.f")]),
        ("whiteout", [TarBytes.File(".wh..wh..opq")]),
        ("whiteout", [TarBytes.Header("f", '3')]),
        ("unknown PAX key 'qath'", TarFeatureTests.Pax(TarBytes.File("f"), ("qath", "x"))),
        ("unknown PAX key 'SCHILY.devmajor'", TarFeatureTests.Pax(TarBytes.Header("f", '3'), ("SCHILY.devmajor", "1"))),
        ("unknown PAX key 'SCHILY.acl.ace'", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.acl.ace", "x"))),
        ("the type 'Z' (unknown)", [TarBytes.Header("f", 'Z')]),
        ("the type 'M'", [TarBytes.Header("f", 'M', magic: TarBytes.OldGnu)]),
        ("the type 'N'", [TarBytes.Header("f", 'N', magic: TarBytes.OldGnu)]),
        ("the type 'X'", [TarBytes.Header("f", 'X')]),
        ("'uid', which is not for all members".Replace("uid", "path"), [TarBytes.Pax('g', ("path", "x")), TarBytes.File("f")]),
        ("not for all members", [TarBytes.Pax('g', ("SCHILY.xattr.user.a", "x")), TarBytes.File("f")]),
        ("followed by other data", [TarBytes.File("a"), TarBytes.End, TarBytes.File("b")]),
        ("followed by other data", [TarBytes.File("a"), new byte[512], TarBytes.File("b")]),
        ("checksum", [TarBytes.File("a"), "x"u8.ToArray(), TarBytes.File("b")]),
        ("field size", [TarBytes.Header("f", size: -5)]),
        ("field uid", [TarBytes.File("f", uid: 4294967295)]),
        ("field gid", [TarBytes.File("f", gid: -1)]),
        ("field uid of a header is not a number", [TarBytes.Header("f", change: block => TarBytes.Put(block, 108, 8, "00000x17"))]),
        ("field uid of a header is not a number", [TarBytes.Header("f", change: block => TarBytes.Put(block, 108, 8, "+AAAAAB "))]),
        ("field mode of a header is blank", [TarBytes.Header("f", change: block => TarBytes.Put(block, 100, 8, "        "))]),
        ("more than 64 bits", [TarBytes.Header("f", change: block => block.AsSpan(124, 12).Fill(0x80))]),
        ("field mtime", [TarBytes.File("f", time: 10_000_000_000)]),
        ("field devmajor", [TarBytes.Header("f", '3', major: 5000)]),
        ("two PAX headers", [TarBytes.Pax(("uid", "1")), .. TarFeatureTests.Pax(TarBytes.File("f"), ("gid", "2"))]),
        ("invalid number", TarFeatureTests.Pax(TarBytes.File("f"), ("uid", "4294967295"))),
        ("invalid number", TarFeatureTests.Pax(TarBytes.File("f"), ("uid", "-1"))),
        ("invalid number", TarFeatureTests.Pax(TarBytes.File("f"), ("size", "7x"))),
        ("invalid number", TarFeatureTests.Pax(TarBytes.File("f"), ("gid", ""))),
        ("invalid time", TarFeatureTests.Pax(TarBytes.File("f"), ("mtime", "1.5x"))),
        ("invalid time", TarFeatureTests.Pax(TarBytes.File("f"), ("atime", ""))),
        ("with a NUL", TarFeatureTests.Pax(TarBytes.File("f"), ("path", "a\0b"))),
        ("encoding 'KOI8-R'", TarFeatureTests.Pax(TarBytes.File("f"), ("hdrcharset", "KOI8-R"))),
        ("without its length", [TarBytes.PaxData('x', "99 uid=1\n"), TarBytes.File("f")]),
        ("without its length", [TarBytes.PaxData('x', "8 uid=1\n\0"), TarBytes.File("f")]),
        ("without '='", [TarBytes.PaxData('x', "8 uid:1\n"), TarBytes.File("f")]),
        ("header that has no member", [TarBytes.Pax(("uid", "1"))]),
        ("header that has no member", [TarBytes.Long('L', "x")]),
        ("long name is empty or has a NUL", [TarBytes.Long('L', "a\0b"), TarBytes.File("f")]),
        ("no name", [TarBytes.File("")]),
        ("points outside", [TarBytes.File("a/../../f")]),
        ("points outside", [TarBytes.File("f"), TarBytes.HardLink("l", "../f")]),
        ("does not precede it", [TarBytes.HardLink("l", "f"), TarBytes.File("f")]),
        ("is a directory", [TarBytes.Directory("d/"), TarBytes.HardLink("l", "d")]),
        ("through a path that is not a directory", [TarBytes.File("d/f"), TarBytes.Link("l", "d"), TarBytes.HardLink("h", "l/f")]),
        ("would be written through l", [TarBytes.Link("l", "/tmp"), TarBytes.File("l/f")]),
        ("would be written through l", [TarBytes.Directory("d/"), TarBytes.Link("l", "d"), TarBytes.File("l/f")]),
        ("would be written through f", [TarBytes.File("f"), TarBytes.File("f/g")]),
        ("directory with files", [TarBytes.File("d/f"), TarBytes.File("d")]),
        ("top directory", [TarBytes.Link(".", "x")]),
        ("top directory", [TarBytes.File("f"), TarBytes.HardLink("./", "f")]),
        ("link to nothing", [TarBytes.Link("l", "")]),
        ("more than 255 bytes", [TarBytes.Long('L', new string('x', 256)), TarBytes.File("f")]),
        ("more than 4095 bytes", [TarBytes.Long('L', Deep), TarBytes.File("f")]),
        ("the name 'lisa'", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.acl.access",
            "user::rw-,user:lisa:rw-,group::r--,mask::rw-,other::r--"))),
        ("invalid access control list", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.acl.access",
            "user::rw-,user:5:rw-,group::r--,other::r--"))),
        ("invalid access control list", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.acl.access", "user::pw-,group::r--,other::r--"))),
        ("has an access control list and is a symbolic link", TarFeatureTests.Pax(TarBytes.Link("f", "x"), ("SCHILY.acl.access",
            "user::rw-,user:5:rw-,group::r--,mask::r--,other::r--"))),
        ("is not a directory", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.acl.default", "user::rw-,group::r--,other::r--"))),
        ("not the name of an extended attribute", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.xattr.usar.a", "x"))),
        ("whose name is not UTF-8", TarFeatureTests.Pax(TarBytes.File("f"), ("SCHILY.xattr.user.\u00ff", "x"))),
        ("attribute with an invalid name", TarFeatureTests.Pax(TarBytes.File("f"), ("LIBARCHIVE.xattr.%00", "gA=="))),
        ("not base64", TarFeatureTests.Pax(TarBytes.File("f"), ("LIBARCHIVE.xattr.user.a", "g*=="))),
        ("map of a sparse file is not in order", Sparse("2", "512,512,0,512", 1024, 1024)),
        ("map of a sparse file is not in order", Sparse("2", "0,100,512,100", 200, 612)),
        ("does not fit its size", Sparse("1", "0,512", 512, 700)),
        ("does not fit its size", Sparse("1", "0,512", 1024, 512)),
        ("are incomplete", Sparse("3", "0,512,512,512", 1024, 1024)),
        ("length without an offset", TarFeatureTests.Pax(TarBytes.File("f"), ("GNU.sparse.numbytes", "5"))),
        ("unknown format 1.1", TarFeatureTests.Pax(TarBytes.File("f"), ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "1"))),
        ("that is not one", TarFeatureTests.Pax(TarBytes.File("f", magic: TarBytes.OldGnu), ("GNU.sparse.size", "7"),
            ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,7"))),
        ("not a list of numbers", TarFeatureTests.Pax(TarBytes.File("f", "1\nx"), ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
            ("GNU.sparse.realsize", "7"))),
        ("unknown format", [TarBytes.Header("f", 'S')]),
    ];

    [Fact]
    public void What_cannot_be_unpacked_exactly_is_refused_by_name()
    {
        var wrong = new List<string>();
        foreach (var (reason, parts) in Refused)
        {
            var answer = Answer(TarFeatureTests.Whole(parts));
            if (!answer.Contains(reason)) wrong.Add($"{reason}: {answer}");
        }

        TarOracle.RequireNone(wrong);
    }

    [Fact]
    public void An_archive_without_its_end_is_refused()
    {
        var whole = TarFeatureTests.Whole([TarBytes.File("f")]);
        foreach (var length in new[] { 0, 1, 511, 512, 600, 1023, 1024, 1025, 1535 })
            Assert.Contains("before its end block", Answer(whole[..length]));
        // A block of zeros is an end, with or without more zeros.
        foreach (var length in new[] { 1536, 1537, whole.Length }) Assert.Equal("", Answer(whole[..length]));
        Assert.Equal("", Answer([.. whole, .. new byte[9000]]));
    }

    private static byte[][] Sparse(string count, string map, int archived, int size) => TarFeatureTests.Pax(
        TarBytes.File("f", new string('A', archived)), ("GNU.sparse.size", $"{size}"), ("GNU.sparse.numblocks", count), ("GNU.sparse.map",
            map));

    // Empty: accepted.
    private string Answer(byte[] archive)
    {
        File.WriteAllBytes(PathOf("test.tar"), archive);
        try
        {
            TarExtraction.Extract(PathOf("test.tar"), PathOf("tree"));
            return "";
        }
        catch (OperatorException refusal)
        {
            Assert.Contains(PathOf("test.tar"), refusal.Problem);
            Assert.NotEmpty(refusal.Fix);
            return refusal.Problem;
        }
        finally
        {
            HostTool.Delete(PathOf("tree"));
        }
    }
}
