namespace KairosBoot.Plan.Tests;

public class ModuleIndexTests
{
    private static readonly ModuleGraph Graph = ModuleGraphTests.Graph(
        """
        kernel/virtio.ko:
        kernel/virtio_blk.ko: kernel/virtio.ko
        kernel/virtio-mmio.ko: kernel/virtio.ko
        kernel/isofs.ko:
        kernel/loop.ko:
        kernel/left_out.ko:

        """,
        aliases:
        """
        alias virtio:d00000002v* virtio_blk
        alias virtio:d0000000[2-3]v* virtio_blk
        alias acpi*:LNRO0005:* virtio_mmio
        alias of:N*T*Cvirtio,mmio virtio_mmio
        alias virtio:d00000002v* left_out
        alias fs-iso9660 isofs
        alias fs-ext2 ext4

        """,
        builtIn: "kernel/ext4.ko\nkernel/overlay.ko\n");

    private static readonly string Text = ModuleIndexWriter.ToText(
        Graph, Graph.Closure(["virtio_blk", "virtio_mmio", "isofs", "loop"]), ["loop", "overlay"]);

    private static readonly ModuleIndex Index = ModuleIndex.Parse(Text);

    [Fact]
    public void The_written_index_is_the_golden_text() => Assert.Equal(
        """
        modules.index 1
        release 6.1.0-test
        always loop
        name fs_ext2 ext4
        name fs_iso9660 isofs
        load isofs isofs
        load loop loop
        load virtio virtio
        load virtio_blk virtio virtio_blk
        load virtio_mmio virtio virtio_mmio
        builtin ext4 overlay
        bus *
         acpi*:LNRO0005:* virtio_mmio
        bus of
         N*T*Cvirtio,mmio virtio_mmio
        bus virtio
         d00000002v* virtio_blk
         d0000000[2-3]v* virtio_blk

        """, Text);

    // A screen that waits for keys loads them by name.
    [Fact]
    public void No_keyboard_finds_its_module()
    {
        var graph = ModuleGraphTests.Graph("kernel/hid.ko:\nkernel/usbhid.ko: kernel/hid.ko\nkernel/hid-generic.ko: kernel/hid.ko\n",
            "alias usb:v*p*d*dc*dsc*dp*ic03isc*ip*in* usbhid\nalias hid:b*g*v*p* hid_generic\n", builtIn: "");
        var index = ModuleIndex.Parse(ModuleIndexWriter.ToText(graph, graph.Closure(KeyboardDrivers.Own), []));
        Assert.Equal(("hid usbhid", "hid hid_generic"),
            (string.Join(' ', index.LoadOrder("usbhid")!), string.Join(' ', index.LoadOrder("hid_generic")!)));
        Assert.Empty(index.ForModalias("usb:v0627p0001d0000dc00dsc00dp00ic03isc01ip01in00"));
        Assert.Empty(index.ForModalias("hid:b0003g0001v00000627p00000001"));
    }

    [Fact]
    public void Release_and_always_are_read_back()
    {
        Assert.Equal("6.1.0-test", Index.Release);
        Assert.Equal(["loop"], Index.Always);
    }

    [Theory]
    [InlineData("virtio:d00000002v00001AF4", "virtio_blk")]
    [InlineData("acpi:LNRO0005:", "virtio_mmio")]
    [InlineData("of:NxT(null)Cvirtio,mmio", "virtio_mmio")]
    public void A_device_finds_its_module_once(string modalias, string module) => Assert.Equal([module], Index.ForModalias(modalias));

    [Theory]
    [InlineData("virtio:d00000009v00001AF4")]
    [InlineData("pci:v00001AF4")]
    [InlineData("virtio")]
    [InlineData("")]
    public void A_device_without_a_packed_driver_finds_nothing(string modalias) => Assert.Empty(Index.ForModalias(modalias));

    [Theory]
    [InlineData("virtio_mmio", "virtio virtio_mmio")]
    [InlineData("virtio-mmio", "virtio virtio_mmio")]
    [InlineData("fs-iso9660", "isofs")]
    [InlineData("fs_iso9660", "isofs")]
    [InlineData("ext4", "")]
    [InlineData("fs-ext2", "")]
    public void A_name_gives_its_load_order(string name, string order) => Assert.Equal(order, string.Join(' ', Index.LoadOrder(name)!));

    [Theory]
    [InlineData("left_out")]
    [InlineData("virt")]
    [InlineData("builtin")]
    [InlineData("")]
    public void An_unknown_name_gives_null(string name) => Assert.Null(Index.LoadOrder(name));

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("something else\n", "line 1")]
    [InlineData("modules.index 1\n", "line 2")]
    [InlineData("modules.index 1\nrelease 6.1\nwhat is this\n", "line 3")]
    [InlineData("modules.index 1\nrelease 6.1\n stray alias\n", "line 3")]
    [InlineData("modules.index 1\nrelease 6.1\nload a\n", "line 3")]
    [InlineData("modules.index 1\nrelease 6.1\nalways lo", "line 3")]
    public void A_damaged_index_is_refused_with_its_line(string text, string line) =>
        Assert.Contains(line, Assert.Throws<FormatException>(() => ModuleIndex.Parse(text)).Message);
}
