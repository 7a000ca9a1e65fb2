using System.Formats.Tar;
using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class TarAttributeTests : Scratch
{
    private const string LongName =
        "a-name-of-more-than-a-hundred-bytes-needs-a-record-of-its-own-in-the-header-that-has-the-attributes-in-it-too";

    // cap_setuid is bit 7: 0x80, which is not UTF-8.
    private static readonly byte[] CapSetUid = [1, 0, 0, 2, 0x80, .. new byte[15]];

    private static readonly byte[] EveryByte = [.. Enumerable.Range(0, 256).Select(number => (byte)(number + 7))];

    private static readonly byte[] Large = [.. Enumerable.Range(0, 2500).Select(number => (byte)(number * number >> 3))];

    [RootTheory]
    [InlineData(ImageFormat.Ext4)]
    [InlineData(ImageFormat.Squashfs)]
    [InlineData(ImageFormat.Erofs)]
    public void Attributes_that_gnu_tar_packed_reach_the_image_byte_for_byte(ImageFormat format)
    {
        var root = SyntheticKernel.MakeSystem(PathOf("root"));
        HostTool.Shell($"""
            cd '{root}/usr/lib' && touch newuidmap large {LongName}
            setcap cap_setuid=ep newuidmap
            setfattr -n user.bytes -v 0x{Convert.ToHexString(EveryByte)} newuidmap
            setfattr -n user.large -v 0x{Convert.ToHexString(Large)} large
            setfattr -n 'user.a=b%c d' -v 0x80 {LongName}
            setfattr -n user.empty {LongName}
            setfattr -n trusted.directory -v 0xff0a00 .
            cd '{root}' && tar --xattrs --xattrs-include='*' --format=posix -cf ../system.tar .
            """);
        ImageBuilder.Build(new ImageRequest(null, PathOf("system.tar"), format, null, null, "virtio", PathOf("root/kairos-boot")),
            PathOf("image"));

        AssertAttribute(format, "/usr/lib/newuidmap", "security.capability", CapSetUid);
        AssertAttribute(format, "/usr/lib/newuidmap", "user.bytes", EveryByte);
        AssertAttribute(format, "/usr/lib/large", "user.large", Large);
        AssertAttribute(format, $"/usr/lib/{LongName}", "user.a=b%c d", [0x80]);
        AssertAttribute(format, $"/usr/lib/{LongName}", "user.empty", []);
        AssertAttribute(format, "/usr/lib", "trusted.directory", [0xFF, 0x0A, 0]);
    }

    [Fact]
    public void Libarchives_records_are_read()
    {
        var members = Extract(writer =>
        {
            Write(writer, "base64", ("LIBARCHIVE.xattr.user.a%20b", Convert.ToBase64String(CapSetUid).TrimEnd('=')),
                ("LIBARCHIVE.xattr.user.padded", "gA=="));
            Write(writer, "both", ("LIBARCHIVE.xattr.user.x", "gA=="), ("SCHILY.xattr.user.x", "plain"));
            Write(writer, "none");
        });
        Assert.Equal(CapSetUid, members["base64"]["user.a b"]);
        Assert.Equal([0x80], members["base64"]["user.padded"]);
        Assert.Equal("plain"u8.ToArray(), members["both"]["user.x"]);
        Assert.Equal(["base64", "both"], members.Keys.Order());
    }

    [Fact]
    public void Attributes_belong_to_their_member_in_a_long_archive()
    {
        var members = Extract(writer =>
        {
            for (var i = 0; i < 300; i++)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{i}/{(i % 7 == 0 ? LongName : "file")}",
                    i % 3 == 0 ? new Dictionary<string, string> { ["SCHILY.xattr.user.number"] = $"{i}" } : [])
                {
                    DataStream = new MemoryStream(new byte[i * 37 % 2000]),
                });
                writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile,
                    $"{i}/gnu-{LongName}")
                { DataStream = new MemoryStream(new byte[512]) });
            }
        });
        Assert.Equal(100, members.Count);
        Assert.All(members, row => Assert.Equal(row.Key.Split('/')[0], Encoding.ASCII.GetString(row.Value["user.number"])));
    }

    [Theory]
    [InlineData("26 SCHILY.xattr.user.x=PLACE\n", "99 SCHILY.xattr.user.x=PLACE\n")]
    [InlineData("26 SCHILY.xattr.user.x=PLACE\n", "-6 SCHILY.xattr.user.x=PLACE\n")]
    [InlineData("SCHILY.xattr.user.x=PLACE\n", "SCHILY.xattr.user.x=PLACE.")]
    [InlineData("SCHILY.xattr.user.x=PLACE\n", "SCHILY.xattr.user.x:PLACE\n")]
    [InlineData("SCHILY.xattr.user.x=PLACE\n", "SCHILY.xattr.user.\u00ff=PLACE\n")]
    [InlineData("SCHILY.xattr.user.x=PLACE\n", "SCHILY.xattr.user.\0=PLACE\n")]
    [InlineData("SCHILY.xattr.user.x=PLACE\n", "LIBARCHIVE.xattr.%00=gA==\n")]
    public void A_damaged_header_is_refused(string sound, string damaged)
    {
        WriteArchive(writer => Write(writer, "file", ("SCHILY.xattr.user.x", "PLACE")));
        var archive = File.ReadAllBytes(PathOf("test.tar"));
        var at = archive.AsSpan().IndexOf(Encoding.Latin1.GetBytes(sound.Replace("26", $"{Length("SCHILY.xattr.user.x=PLACE")}")));
        Assert.True(at > 0);
        Encoding.Latin1.GetBytes(damaged).CopyTo(archive, at);
        File.WriteAllBytes(PathOf("test.tar"), archive);
        Assert.Contains("damaged", Refused().Problem);
    }

    [Fact]
    public void A_header_larger_than_any_files_attributes_is_refused()
    {
        WriteArchive(writer => Write(writer, "file", ("SCHILY.xattr.user.x", new string('x', 2 << 20))));
        Assert.Contains("a PAX header has 2097", Refused().Problem);
    }

    private static int Length(string record) => record.Length + 4; // two digits, the space and the line's end

    private void AssertAttribute(ImageFormat format, string path, string name, byte[] value)
    {
        var image = PathOf("image");
        switch (format)
        {
            case ImageFormat.Ext4:
                HostTool.DebugFs(image, $"ea_get -f {PathOf("value")} \"{path}\" \"{name}\"");
                Assert.Equal(value, File.ReadAllBytes(PathOf("value")));
                // the attribute exists, but without a value
                Assert.Contains($"{name} ({value.Length})", HostTool.DebugFs(image, $"ea_list \"{path}\""));
                break;
            case ImageFormat.Squashfs:
                HostTool.Run("unsquashfs", "-quiet", "-no-progress", "-xattrs", "-force", "-d", PathOf("unpacked"), image, path);
                HostTool.Shell($"getfattr --only-values --absolute-names -n '{name}' '{PathOf("unpacked")}{path}' > '{PathOf("value")}'");
                Assert.Equal(value, File.ReadAllBytes(PathOf("value")));
                break;
            default:
                // Uncompressed in the metadata: the name without its namespace, followed by the value.
                byte[] row = [.. Encoding.ASCII.GetBytes(name[(name.IndexOf('.') + 1)..]), .. value];
                Assert.True(File.ReadAllBytes(image).AsSpan().IndexOf(row) > 0, $"{name} of {path}");
                break;
        }
    }

    private static void Write(TarWriter writer, string name, params (string Key, string Value)[] records) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name, records.Select(row => KeyValuePair.Create(row.Key, row.Value))));

    private void WriteArchive(Action<TarWriter> write)
    {
        using var writer = new TarWriter(File.Create(PathOf("test.tar")));
        write(writer);
    }

    private Dictionary<string, Dictionary<string, byte[]>> Extract(Action<TarWriter> write)
    {
        WriteArchive(write);
        return TarExtraction.Extract(PathOf("test.tar"), PathOf("tree")).Members.Where(member => member.ExtendedAttributes.Count > 0)
            .ToDictionary(member => member.Path, member => member.ExtendedAttributes.ToDictionary(row => row.Name.Text, row => row.Value));
    }

    private OperatorException Refused() =>
        Assert.Throws<OperatorException>(() => TarExtraction.Extract(PathOf("test.tar"), PathOf("tree")));
}
