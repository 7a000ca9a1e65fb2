namespace KairosBoot.Image.Tests;

/// <summary>
/// Archives that were cut, or in which one bit differs: refused, or unpacked to exactly the tree of <c>tar -x</c>. The bits of a file's
/// content have no checksum in a plain archive, so there both give the same other content.
/// </summary>
public class TarDamageTests : Scratch
{
    private static bool All => Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") is not null;

    private static byte[] Posix => TarFeatureTests.Whole([TarBytes.Directory("d/"), .. TarFeatureTests.Pax(TarBytes.File("d/f",
        mode: 0xDED, uid: 5),
            ("mtime", "1700000000.5"), ("SCHILY.xattr.user.a", "1"), ("uid", "70000"), ("path", "d/file"), ("comment", "x")),
        TarBytes.HardLink("hard", "d/file"), .. TarFeatureTests.Pax(TarBytes.Link("l", "x"), ("linkpath", "to/d/file")),
        .. TarFeatureTests.Pax(TarBytes.File("x", "2\n512\n512\n3000\n0\n".PadRight(512, '\0') + new string('A', 512)),
            ("GNU.sparse.major", "1"),
            ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.realsize", "3000")),
        .. TarFeatureTests.Pax(TarBytes.File("acl"), ("SCHILY.acl.access", "user::rw-,user:33:rw-,group::r--,mask::rw-,other::r--"))]);

    private static byte[] Gnu => TarFeatureTests.Whole([TarBytes.Long('L', new string('n', 120)), TarBytes.File("n",
        magic: TarBytes.OldGnu),
        TarFeatureTests.OldSparse(extended: false), TarBytes.Long('K', "a/target"), TarBytes.Link("l", "x"), TarBytes.Header("c", '3',
            major: 1, minor: 3),
        TarBytes.File("u", uid: 4294967294, time: -5, magic: TarBytes.OldGnu), TarFeatureTests.OldSparse(extended: true)]);

    private static byte[] Old => TarFeatureTests.Whole([TarBytes.Header("d/", '\0', mode: 493, magic: TarBytes.V7),
        TarBytes.File("d/f", type: '\0', magic: TarBytes.V7), TarBytes.File("u", prefix: "a/b"), TarBytes.Header("p", '6')]);

    [RootFact]
    public void An_archive_with_one_other_bit_is_refused_or_gives_the_tree_of_tar()
    {
        foreach (var (name, archive) in new[] { ("posix", Posix), ("gnu", Gnu), ("old", Old) })
        {
            // A prime, so that every bit of a byte and every byte of a field gets its turn.
            var step = All ? 1 : 89;
            var flips = Enumerable.Range(0, archive.Length * 8 / step).Select(i => i * step).Select(bit => ($"{name}-{bit / 8}.{bit % 8}",
                Flipped(archive, bit)));
            var (refused, equal) = Compare(flips);
            Assert.True(refused > 100 && equal > 50, $"{name}: {refused} refused, {equal} equal");
        }
    }

    [RootFact]
    public void An_archive_that_was_cut_is_refused()
    {
        foreach (var archive in new[] { Posix, Gnu, Old })
        {
            // Without the blocks of the end, of which one is enough.
            var (refused, equal) = Compare(Enumerable.Range(0, archive.Length).Where(length => All || length % 17 == 0
                || length % 512 is 0 or 1 or 511)
                .Select(length => ($"{length}", archive[..length])));
            Assert.True(equal > 0 && refused > archive.Length / 20, $"{refused} refused, {equal} accepted");
        }
    }

    [RootTheory]
    [InlineData("gzip -c", 400)]
    [InlineData("zstd -qc", 1500)]
    [InlineData("xz -c", 300)]
    [InlineData("bzip2 -c", 300)]
    [InlineData("lz4 -qc", 300)]
    public void A_compressed_archive_is_refused_or_gives_the_tree_of_tar(string compress, int count)
    {
        File.WriteAllBytes(PathOf("plain"), Old);
        HostTool.Shell($"{compress} <'{PathOf("plain")}' >'{PathOf("packed")}'");
        var packed = File.ReadAllBytes(PathOf("packed"));
        var bits = packed.Length * 8;
        var (_, whole) = Compare([("whole", packed)]);
        Assert.Equal(1, whole);
        var step = All ? 1 : Math.Max(1, bits / count) | 1;
        var (refused, _) = Compare(Enumerable.Range(0, bits / step).Select(i => ($"flip-{i}", Flipped(packed, i * step))));
        Assert.True(refused > bits / step * 8 / 10, $"{refused} of {bits / step} flips refused");
        var (cut, accepted) = Compare(Enumerable.Range(0, packed.Length).Where(length => All || length % 5 == 0).Select(length =>
            ($"cut-{length}", packed[..length])));
        Assert.Equal(0, accepted);
        Assert.True(cut > packed.Length / 6);
        Compare([("garbage", [.. packed, .. "garbage"u8]), ("zeros", [.. packed, .. new byte[100]])]);
    }

    [RootFact]
    public void Parts_that_were_compressed_separately_are_one_archive()
    {
        File.WriteAllBytes(PathOf("1"), Old[..1024]);
        File.WriteAllBytes(PathOf("2"), Old[1024..]);
        var archives = new[] { "gzip -c", "zstd -qc", "xz -c", "bzip2 -c", "lz4 -qc" }.Select(compress =>
        {
            HostTool.Shell($"cd '{PathOf("")}' && {{ {compress} <1; {compress} <2; }} >both");
            return (compress, File.ReadAllBytes(PathOf("both")));
        });
        Assert.Equal((0, 5), Compare(archives));
    }

    private (int Refused, int Equal) Compare(IEnumerable<(string Name, byte[] Archive)> archives)
    {
        var verdicts = TarOracle.Compare(PathOf("work"), archives);
        TarOracle.RequireNone(verdicts.Select(verdict => verdict.Fault));
        return (verdicts.Count(verdict => verdict.Refusal is not null), verdicts.Count(verdict => verdict.Refusal is null));
    }

    private static byte[] Flipped(byte[] archive, int bit)
    {
        var flipped = archive.ToArray();
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
