namespace KairosBoot.Plan.Tests;

public class DepmodFilesTests
{
    [Fact]
    public void Modules_dep_gives_names_paths_and_dependencies()
    {
        var rows = DepmodFiles.ReadDependencies("kernel/a/nls_iso8859-1.ko.xz:\nkernel/b.ko.zst: kernel/c-d.ko.gz kernel/e.ko\n");
        Assert.Equal(["nls_iso8859_1", "b"], rows.Select(row => row.Name));
        Assert.Equal("kernel/a/nls_iso8859-1.ko.xz", rows[0].Path);
        Assert.Equal(["c_d", "e"], rows[1].Dependencies);
    }

    [Theory]
    [InlineData("kernel/a.ko", "kernel/a.ko")]
    [InlineData("kernel/a.txt:", "kernel/a.txt:")]
    [InlineData("kernel/a.ko: b", "b")]
    public void A_damaged_modules_dep_is_reported(string text, string named) =>
        Assert.Contains($"'{named}'", Assert.Throws<FormatException>(() => DepmodFiles.ReadDependencies(text)).Message);

    [Fact]
    public void Softdep_rows_split_into_before_and_after()
    {
        var rows = DepmodFiles.ReadSoftDependencies("# comment\nsoftdep cifs gcm\nsoftdep a-b pre: x y post: z\n");
        Assert.Equal(["gcm"], rows[0].Before);
        Assert.Equal("a_b", rows[1].Module);
        Assert.Equal(["x", "y"], rows[1].Before);
        Assert.Equal(["z"], rows[1].After);
    }

    [Fact]
    public void Aliases_keep_the_pattern_and_normalise_the_module()
    {
        var rows = DepmodFiles.ReadAliases("# c\nalias pci:v* virtio-pci\nalias fs-xfs xfs\noptions x y=1\n");
        Assert.Equal([new ModuleAlias("pci:v*", "virtio_pci"), new ModuleAlias("fs-xfs", "xfs")], rows);
    }

    [Fact]
    public void Built_in_aliases_come_from_modinfo_fields_named_alias()
    {
        var rows = DepmodFiles.ReadBuiltInAliases(
            "ext4.license=GPL\0ext4.alias=fs-ext4\0x.description=has .alias=in it\0nvme.alias=pci:v*d*\0");
        Assert.Equal([new ModuleAlias("fs-ext4", "ext4"), new ModuleAlias("pci:v*d*", "nvme")], rows);
    }

    [Fact]
    public void Built_in_modules_are_names() =>
        Assert.Equal(["ext4", "crc32c_generic"], DepmodFiles.ReadBuiltIn("kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c-generic.ko\n"));
}
