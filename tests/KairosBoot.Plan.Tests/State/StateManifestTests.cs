using System.Text;

namespace KairosBoot.Plan.Tests;

public sealed class StateManifestTests
{
    private static readonly string[] Names =
        ["", " leading and trailing ", "-rf", "a\nb", "a\tb", "back\\slash", @"\x0a", "bell\u0007", "caf\u00e9", "d\uDCE9j\uDCFF", "\u7f51",
            "\U0001F427", "z\u007f"];

    [Fact]
    public void Every_name_and_signature_is_read_back()
    {
        var written = Entries();
        var read = Read(Bytes(ManifestSection.Of("/etc/a b", @"etc-a\x2db.bind", "id", written, meanwhile: false)), out var damaged);
        Assert.Empty(damaged);
        var section = Assert.Single(read);
        Assert.Equal(("/etc/a b", @"etc-a\x2db.bind", "id"), (section.Path, section.Store, section.Image));
        Assert.Equal(written.Select(e => e.Name), section.Entries()!.Select(e => e.Name));
        Assert.Equal(written.Select(e => e.Settled), section.Entries()!.Select(e => e.Base));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("d*")]
    [InlineData("f0.00000000000000000000000000000000")]
    [InlineData("f1234567890123.0123456789abcdef0123456789abcdef")]
    [InlineData("l0123456789abcdef0123456789abcdef")]
    [InlineData("d0123456789abcdef0123456789abcdef")]
    public void A_signature_is_read_as_it_is_written(string text) => Assert.Equal(text, EntrySignature.TryParse(text)!.Value.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("f")]
    [InlineData("f12")]
    [InlineData("f12.0123")]
    [InlineData("f-1.0123456789abcdef0123456789abcdef")]
    [InlineData("f.0123456789abcdef0123456789abcdef")]
    [InlineData("f0123456789abcdef0123456789abcdef")]
    [InlineData("x0123456789abcdef0123456789abcdef")]
    [InlineData("d0123456789abcdef0123456789abcdeg")]
    [InlineData("d00123456789abcdef0123456789abcdef")]
    public void An_invalid_signature_is_refused(string text) => Assert.Null(EntrySignature.TryParse(text));

    [Fact]
    public void Every_flipped_bit_and_every_truncation_is_detected()
    {
        var good = Bytes(ManifestSection.Of("/etc/ssh", "etc-ssh.bind", "id", Entries(), meanwhile: false));
        for (var i = 0; i < good.Length; i++)
        {
            var flipped = good.ToArray();
            flipped[i] ^= 1;
            Assert.True(IsNoticed(flipped), $"byte {i} of {good.Length}");
            Assert.True(IsNoticed(good[..i]), $"cut after {i} bytes of {good.Length}");
        }
    }

    [Fact]
    public void A_damaged_section_leaves_the_others_usable()
    {
        ManifestSection[] sections =
        [
            ManifestSection.Of("/a", "a.bind", "id", [new("") { Image = StateMergeTests.Signature("dir") }], meanwhile: false),
            ManifestSection.Of("/b", "b.bind", "id", Entries(), meanwhile: false),
        ];
        var bytes = Bytes(sections);
        bytes[^3] ^= 1;
        var read = Read(bytes, out var damaged);
        Assert.Equal(["/b"], damaged);
        Assert.NotNull(read[0].Entries());
        Assert.Null(read[1].Entries());
    }

    [Fact]
    public void During_changes_the_store_belongs_to_no_image()
    {
        var section = ManifestSection.Of("/a", "a.bind", "id", Entries(), meanwhile: true);
        Assert.Equal(ManifestSection.Unfinished, section.Image);
    }

    private static List<MergeEntry> Entries()
    {
        var entries = new List<MergeEntry>();
        foreach (var name in Names.Order(Comparer<string>.Create(MergeTree.Compare)))
            entries.Add(new(name) { Image = StateMergeTests.Signature(name.Length == 0 ? "dir" : name) });
        entries.Insert(1, new(" deleted") { Base = [StateMergeTests.Signature("v1")] });
        Assert.Empty(entries[1].Settled!);
        return entries;
    }

    private static bool IsNoticed(byte[] bytes)
    {
        if (bytes.Length < PersistentManifest.FirstLine
            || PersistentManifest.HeadLength(bytes.AsSpan(0, PersistentManifest.FirstLine)) is not { } length
            || length > bytes.Length || PersistentManifest.ParseHead(bytes.AsSpan(0, length)) is not { } sections)
        {
            return true;
        }

        return PersistentManifest.AddTexts(sections, bytes[length..]).Count > 0;
    }

    private static byte[] Bytes(params ManifestSection[] sections) =>
        [.. PersistentManifest.Head([.. sections]), .. sections.SelectMany(section => section.Text!)];

    private static List<ManifestSection> Read(byte[] bytes, out List<string> damaged)
    {
        var length = PersistentManifest.HeadLength(bytes.AsSpan(0, PersistentManifest.FirstLine))!.Value;
        var sections = PersistentManifest.ParseHead(bytes.AsSpan(0, length))!;
        damaged = PersistentManifest.AddTexts(sections, bytes[length..]);
        Assert.StartsWith("kairosboot-state 1 ", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        return sections;
    }
}
