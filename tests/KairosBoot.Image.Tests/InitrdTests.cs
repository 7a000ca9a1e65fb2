using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

public class InitrdTests : Scratch
{
    private readonly string root;
    private readonly string init;

    public InitrdTests()
    {
        root = PathOf("root");
        SyntheticKernel.Make(root);
        init = PathOf("kairos-boot");
        File.WriteAllBytes(init, SyntheticKernel.Elf("init"));
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes_at_another_time_and_path()
    {
        var first = Build().Content;
        var copy = CopyLater(root, "elsewhere/root");
        Assert.Equal(first, InitrdBuilder.Build(new InitrdRequest(copy, null, "virtio", InitrdCompression.Zstd, init)).Content);
    }

    [Fact]
    public void The_format_of_kairos_boot_is_read_from_the_initrd()
    {
        Assert.Equal(0, Format());
        File.WriteAllBytes(init, [.. SyntheticKernel.Elf("init"), .. InitrdFormat.Sentence]);
        Assert.Equal(InitrdFormat.Current, Format());

        int Format()
        {
            File.WriteAllBytes(PathOf("initrd"), Build().Content);
            return InitrdContents.Read(PathOf("initrd")).Format;
        }
    }

    [Fact]
    public void Zstd_and_gnu_cpio_accept_the_initrd_and_it_has_no_other_file()
    {
        File.WriteAllBytes(PathOf("initrd"), Build().Content);
        var listing = HostTool.Shell($"zstd -dcq {PathOf("initrd")} | cpio --quiet -itnv");
        string[] names = ["dev", "dev/console", "init", "lib", "lib/modules", "lib/modules/6.1.0-test", "proc", "run", "sys", "sysroot"];
        string[] files = ["loop.ko", "modules.index", "overlay.ko", "squashfs.ko", "virtio.ko", "virtio_blk.ko"];
        var expected = names.Concat(files.Select(file => $"lib/modules/6.1.0-test/{file}")).Order(StringComparer.Ordinal);
        Assert.Equal(expected, listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1]));
        Assert.Matches(@"crw-------\s+1 0\s+0\s+5,\s+1 Jan  1  1970 dev/console", listing);
        Assert.Matches(@"-rwxr-xr-x\s+1 0\s+0\s+\d+ Jan  1  1970 init", listing);
    }

    [Fact]
    public void A_debug_shell_is_packed_only_on_request_and_shown()
    {
        SyntheticKernel.WriteProgram(PathOf("shell"));
        byte[] With(string path) =>
            InitrdBuilder.Build(new(root, null, "virtio", InitrdCompression.Zstd, init) { DebugShell = path }).Content;
        File.WriteAllBytes(PathOf("initrd"), With(PathOf("shell")));
        Assert.Equal(File.ReadAllBytes(PathOf("initrd")), With(PathOf("shell")));
        var contents = InitrdContents.Read(PathOf("initrd"));
        Assert.True(contents.HasDebugShell);
        Assert.Contains(contents.Parts, part => part is { Part: "debug shell", Count: 1 });
        Assert.Matches(@"-rwxr-xr-x\s+1 0\s+0\s+\d+ Jan  1  1970 debug-shell/sh",
            HostTool.Shell($"zstd -dcq {PathOf("initrd")} | cpio --quiet -itnv"));
        File.WriteAllBytes(PathOf("plain"), Build().Content);
        Assert.False(InitrdContents.Read(PathOf("plain")).HasDebugShell);
        Assert.Equal(SystemPaths.DebugShell, "/debug-shell/sh");
    }

    [Fact]
    public void A_debug_shell_must_be_a_static_program_for_the_machine()
    {
        File.WriteAllText(PathOf("script"), "#!/bin/sh\n");
        File.WriteAllBytes(PathOf("arm"), SyntheticKernel.ElfFor(SyntheticKernel.Arm));
        File.WriteAllBytes(init, SyntheticKernel.ElfFor(SyntheticKernel.X86));
        string Problem(string path) => Assert.Throws<OperatorException>(() =>
            InitrdBuilder.Build(new(root, null, "virtio", InitrdCompression.Zstd, init) { DebugShell = path })).Problem;
        Assert.EndsWith("nothing does not exist", Problem(PathOf("nothing")), StringComparison.Ordinal);
        Assert.EndsWith("script is not a program", Problem(PathOf("script")), StringComparison.Ordinal);
        Assert.EndsWith("arm is for aarch64, but the initrd is for x86_64", Problem(PathOf("arm")), StringComparison.Ordinal);
        Assert.Contains("needs /lib", Problem("/bin/dash"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void Compressed_modules_are_packed_uncompressed(string compressor)
    {
        Directory.Delete(root, recursive: true);
        SyntheticKernel.Make(root, compressWith: compressor);
        var (entries, _) = CpioArchive.Read(Build(compress: false).Content);
        var module = entries.Single(entry => entry.Name.EndsWith("/virtio_blk.ko", StringComparison.Ordinal));
        Assert.Equal(SyntheticKernel.Elf("virtio_blk.ko"), module.Content.ToArray());
    }

    [Fact]
    public void A_set_skips_modules_that_the_kernel_lacks_or_has_built_in()
    {
        var built = Build();
        Assert.Contains("erofs", built.Absent);
        Assert.DoesNotContain("ext4", built.Absent);
        Assert.DoesNotContain("virtio_pci", built.Absent);
    }

    [Fact]
    public void Sets_and_module_names_may_be_mixed()
    {
        var built = InitrdBuilder.Build(new InitrdRequest(root, null, "virtio, nls-iso8859-1", InitrdCompression.Zstd, init));
        Assert.Contains("nls_iso8859_1", built.Packed);
        Assert.Contains("virtio_blk", built.Packed);
    }

    [Fact]
    public void A_module_named_by_the_user_must_exist()
    {
        var failure = Fails(() => Build("virtio_blq"));
        Assert.Contains("no module virtio_blq", failure.Problem);
        Assert.Contains("did you mean virtio_blk", failure.Fix);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_appended_archive_is_found_by_the_kernel_and_by_inspect(bool compress)
    {
        // Names of all lengths, so that the archive without padding ends at each remainder of four.
        for (var length = 1; length <= 8; length++)
        {
            File.WriteAllBytes(init, SyntheticKernel.Elf(new string('x', length)));
            var initrd = Build(compress: compress).Content;
            Assert.Equal(0, initrd.Length % 512);
            byte[] appended = [.. initrd, .. CpioArchive.Write([CpioEntry.File("added", new byte[3], executable: false)])];
            File.WriteAllBytes(PathOf("initrd"), appended);
            var files = InitrdContents.Read(PathOf("initrd")).Files.Select(file => file.Name).ToList();
            Assert.Contains("added", files);
            Assert.Contains("init", files);
        }
    }

    [Fact]
    public void The_length_of_a_frame_is_that_of_the_reference_program()
    {
        for (var i = 0; i < 40; i++)
        {
            var content = new byte[i * i * 100];
            new Random(i).NextBytes(content.AsSpan(0, content.Length / (1 + i % 3)));
            File.WriteAllBytes(PathOf("content"), content);
            HostTool.Shell($"zstd -qf {(i % 2 == 0 ? "--check" : "--no-check")} {(i % 5 == 0 ? "<" : "")} {PathOf("content")} " +
                $"{(i % 5 == 0 ? "" : "-o")} {(i % 5 == 0 ? ">" : "")} {PathOf("frame")}");
            var frame = File.ReadAllBytes(PathOf("frame"));
            Assert.Equal(frame.Length, ZstdFrame.Length([.. frame, 1, 2, 3]));
            var padded = ZstdFrame.Pad(frame, 512);
            Assert.Equal((0, padded.Length), (padded.Length % 512, ZstdFrame.Length(padded)));
            File.WriteAllBytes(PathOf("padded"), padded);
            HostTool.Shell($"zstd -qdf {PathOf("padded")} -o {PathOf("back")} && cmp {PathOf("content")} {PathOf("back")}");
            for (var cut = 0; cut < frame.Length; cut += 1 + frame.Length / 50)
                Assert.Throws<InvalidDataException>(() => ZstdFrame.Length(frame.AsSpan(0, cut)));
        }
    }

    [Theory]
    [InlineData(62, 62, null)]
    [InlineData(62, 183, "the initrd's init) is for x86_64, but loop.ko is for aarch64")]
    [InlineData(183, 62, "the initrd's init) is for aarch64, but loop.ko is for x86_64")]
    public void An_init_of_another_architecture_than_the_modules_is_refused(ushort machine, ushort modules, string? problem)
    {
        File.WriteAllBytes(init, SyntheticKernel.ElfFor(machine));
        foreach (var module in Directory.GetFiles(root, "loop.ko", SearchOption.AllDirectories))
            File.WriteAllBytes(module, SyntheticKernel.ElfFor(modules));
        if (problem is null) Build();
        else Assert.Contains(problem, Fails(() => Build()).Problem);
    }

    [Fact]
    public void An_init_of_another_architecture_than_the_kernel_is_refused()
    {
        File.WriteAllBytes(init, SyntheticKernel.ElfFor(62));
        Directory.CreateDirectory(Path.Combine(root, "boot"));
        File.WriteAllBytes(Path.Combine(root, $"boot/vmlinuz-{SyntheticKernel.Release}"),
            [.. new byte[0x38], .. "ARM\x64"u8, .. new byte[64]]);
        var failure = Fails(() => Build());
        Assert.Contains($"is for x86_64, but /boot/vmlinuz-{SyntheticKernel.Release} is for aarch64", failure.Problem);
        Assert.Contains("--init", failure.Fix);
    }

    [Fact]
    public void An_empty_module_selection_is_refused() => Assert.Contains("generic", Fails(() => Build(" , ")).Fix);

    [Fact]
    public void Several_kernels_are_listed_and_one_can_be_chosen()
    {
        SyntheticKernel.Make(root, release: "6.12.1-other");
        var failure = Fails(() => Build());
        Assert.Contains("6.1.0-test, 6.12.1-other", failure.Problem);
        Assert.Contains("--kernel", failure.Fix);
        BuiltInitrd Of(string release) => InitrdBuilder.Build(new InitrdRequest(root, release, "virtio", InitrdCompression.Zstd, init));
        Assert.Equal("6.12.1-other", Of("6.12.1-other").Release);
        Assert.Contains("no kernel 5.0", Fails(() => Of("5.0")).Problem);
    }

    [Fact]
    public void A_merged_usr_with_an_absolute_link_stays_in_the_tree()
    {
        var merged = PathOf("merged");
        SyntheticKernel.Make(merged, "usr/lib/modules");
        File.CreateSymbolicLink(Path.Combine(merged, "lib"), "/usr/lib");
        Assert.Equal(SyntheticKernel.Release, KernelTree.Find(merged, null).Release.Text);
    }

    [Fact]
    public void Trees_without_a_usable_kernel_say_what_to_do()
    {
        Assert.Contains("is not a directory", Fails(() => KernelTree.Find(PathOf("nowhere"), null)).Problem);
        Directory.CreateDirectory(PathOf("empty"));
        Assert.Contains("has no kernel", Fails(() => KernelTree.Find(PathOf("empty"), null)).Problem);
        File.Delete(Path.Combine(root, "lib/modules/6.1.0-test/modules.dep"));
        Assert.Contains("depmod -b", Fails(() => Build()).Fix);
    }

    [Fact]
    public void A_module_that_is_missing_or_damaged_is_named()
    {
        var path = Path.Combine(root, "lib/modules/6.1.0-test/kernel/virtio_blk.ko");
        File.WriteAllText(path, "not a module");
        Assert.Contains($"{path} is not a kernel module", Fails(() => Build()).Problem);
        File.Delete(path);
        Assert.Contains($"{path}, which does not exist", Fails(() => Build()).Problem);
    }

    [Fact]
    public void A_kernel_without_loop_devices_is_refused()
    {
        var dependencies = Path.Combine(root, "lib/modules/6.1.0-test/modules.dep");
        File.WriteAllText(dependencies, File.ReadAllText(dependencies).Replace("kernel/loop.ko:\n", ""));
        Assert.Contains("no module loop", Fails(() => Build()).Problem);
    }

    [Fact]
    public void An_init_that_is_not_a_program_is_refused()
    {
        File.WriteAllText(init, "text");
        Assert.Contains("is not a program", Fails(() => Build()).Problem);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inspection_finds_what_was_packed(bool compress)
    {
        File.WriteAllBytes(PathOf("initrd"), Build(compress: compress).Content);
        var contents = InitrdContents.Read(PathOf("initrd"));
        Assert.Equal((SyntheticKernel.Release, compress ? "zstd" : "none"), (contents.Release, contents.Compression));
        Assert.Contains(("init", (long)SyntheticKernel.Elf("init").Length), contents.Files);
        Assert.Equal(["loop", "overlay", "squashfs", "virtio_blk"], contents.DriversIn);
        Assert.Equal(["virtio_pci", "ext4"], contents.DriversBuiltIn);
        Assert.Contains("nvme", contents.DriversOut);
    }

    [Theory]
    [InlineData("")]
    [InlineData("neither cpio nor zstd")]
    [InlineData("07070100000001")]
    public void Inspection_refuses_a_file_that_is_not_an_initrd(string content) =>
        Assert.Contains("cannot be read as an initrd", Fails(() => InitrdContents.Read(WriteText("junk", content))).Problem);

    [RealKernelFact]
    public void The_modules_of_a_virtio_machine_take_less_than_half_a_mebibyte()
    {
        var built = InitrdBuilder.Build(new InitrdRequest(RealKernelFactAttribute.Root, null, "virtio", InitrdCompression.Zstd, init));
        Assert.Contains("virtio_blk", built.Packed);
        Assert.InRange(built.Content.Length, 1, 512 * 1024);
    }

    [RealKernelFact]
    public void Every_packed_module_of_a_real_kernel_comes_with_its_dependencies()
    {
        var graph = KernelTree.Find(RealKernelFactAttribute.Root, null).ReadGraph();
        var built = InitrdBuilder.Build(new InitrdRequest(RealKernelFactAttribute.Root, null, "generic", InitrdCompression.None, init));
        foreach (var name in built.Packed)
        {
            var order = graph.LoadOrder(name);
            Assert.Subset(built.Packed.ToHashSet(), order.ToHashSet());
            Assert.All(graph.Find(name)!.Dependencies,
                needed => Assert.True(order.ToList().IndexOf(needed) < order.ToList().IndexOf(name)));
        }
    }

    private BuiltInitrd Build(string modules = "virtio", bool compress = true) =>
        InitrdBuilder.Build(new InitrdRequest(root, null, modules, compress ? InitrdCompression.Zstd : InitrdCompression.None, init));

    private static OperatorException Fails(Action action) => Assert.Throws<OperatorException>(action);
}
