using System.Text;

namespace KairosBoot.Image.Tests;

/// <summary>A small tree with a kernel whose modules are an ELF magic and a line of text.</summary>
internal static class SyntheticKernel
{
    internal const string Release = "6.1.0-test";

    internal const ushort X86 = 62, Arm = 183;

    /// <summary>A kernel for aarch64 without code.</summary>
    internal static byte[] Arm64Image => [.. new byte[0x38], .. "ARM\x64"u8, .. new byte[64]];

    internal static byte[] Elf(string text) => [0x7F, .. Encoding.ASCII.GetBytes($"ELF {text}\n")];

    /// <summary>A kernel for x86_64 without code: setup header, version text, one sector and a paragraph.</summary>
    internal static byte[] BzImage(string release)
    {
        var kernel = new byte[4 * 512 + 16];
        kernel[0x1F1] = 2; // setup sectors after the first
        kernel[0x1F4] = (512 + 16) / 16; // the rest in paragraphs
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        kernel[0x20F] = 2; // version text, 0x200 after the first sector
        kernel[0x236] = 1; // 64-bit entry point
        Encoding.ASCII.GetBytes(release + " (test)").CopyTo(kernel.AsSpan(0x400));
        return kernel;
    }

    /// <summary>An ELF header for a machine of elf(5).</summary>
    internal static byte[] ElfFor(ushort machine) =>
        [0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[11], (byte)machine, (byte)(machine >> 8), .. new byte[44]];

    /// <summary>Creates the modules, all with the same date.</summary>
    internal static void Make(string root, string modulesDirectory = "lib/modules", string release = Release, string compressWith = "")
    {
        var directory = Path.Combine(root, modulesDirectory, release);
        string[] modules = ["virtio.ko", "virtio_blk.ko", "squashfs.ko", "loop.ko", "overlay.ko", "nls_iso8859-1.ko"];
        var suffix = compressWith switch { "xz" => ".xz", "zstd" => ".zst", "gzip" => ".gz", _ => "" };
        Directory.CreateDirectory(Path.Combine(directory, "kernel"));
        foreach (var module in modules)
        {
            var path = Path.Combine(directory, "kernel", module);
            File.WriteAllBytes(path, Elf(module));
            if (suffix.Length > 0)
                HostTool.Shell($"{compressWith} -c '{path}' > '{path}{suffix}' && rm '{path}'");
        }

        File.WriteAllText(Path.Combine(directory, "modules.dep"), string.Concat(modules.Select(module =>
            $"kernel/{module}{suffix}:{(module == "virtio_blk.ko" ? $" kernel/virtio.ko{suffix}" : "")}\n")));
        File.WriteAllText(Path.Combine(directory, "modules.alias"), "alias virtio:d00000002v* virtio_blk\nalias fs-squashfs squashfs\n");
        File.WriteAllText(Path.Combine(directory, "modules.builtin"), "kernel/fs/ext4.ko\nkernel/virtio_pci.ko\n");
    }

    /// <summary>A tree that can become an image: kernel, modules and an init.</summary>
    internal static string MakeSystem(string root)
    {
        Make(root);
        foreach (var directory in new[] { "boot", "etc", "sbin", "usr/lib" })
            Directory.CreateDirectory(Path.Combine(root, directory));
        File.WriteAllBytes(Path.Combine(root, "boot", $"vmlinuz-{Release}"), BzImage(Release));
        WriteProgram(Path.Combine(root, "usr/lib/init"));
        File.CreateSymbolicLink(Path.Combine(root, "sbin/init"), "/usr/lib/init");
        File.WriteAllText(Path.Combine(root, "etc/a name with \"quotes\" and spaces"), "content");
        File.WriteAllBytes(Path.Combine(root, "kairos-boot"), Elf("init"));
        return root;
    }

    /// <summary>The same for aarch64, with a kairos-boot in the tree.</summary>
    internal static string MakeArm64System(string root)
    {
        MakeSystem(root);
        File.WriteAllBytes(Path.Combine(root, "boot", $"vmlinuz-{Release}"), Arm64Image);
        File.WriteAllBytes(Path.Combine(root, "usr/lib/init"), ElfFor(Arm));
        Directory.CreateDirectory(Path.Combine(root, "usr/lib/kairosboot"));
        File.WriteAllBytes(Path.Combine(root, "usr/lib/kairosboot/kairos-boot"), ElfFor(Arm));
        return root;
    }

    /// <summary>Writes a program for x86_64 without code.</summary>
    internal static void WriteProgram(string path)
    {
        File.WriteAllBytes(path, ElfFor(X86));
        HostTool.Run("chmod", "755", path);
    }

    /// <summary>The same with all that an image build would add, so that a file system made of it boots.</summary>
    internal static string MakeBootable(string root)
    {
        MakeSystem(root);
        foreach (var directory in new[] { "dev", "proc", "sys", "run", "tmp", "oem", "home", "mnt", "opt", "root", "srv", "usr/local",
            "var", "usr/lib/kairosboot" })
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        File.Copy(Path.Combine(root, "kairos-boot"), Path.Combine(root, "usr/lib/kairosboot/kairos-boot"));
        File.CreateSymbolicLink(Path.Combine(root, "boot/vmlinuz"), $"vmlinuz-{Release}");
        Pack(root, "virtio");
        return root;
    }

    /// <summary>Builds the initrd of a tree.</summary>
    internal static void Pack(string root, string modules, string? init = null, string? debugShell = null)
    {
        var request = new InitrdRequest(root, null, modules, InitrdCompression.Zstd, init ?? Path.Combine(root, "kairos-boot"))
        {
            DebugShell = debugShell,
        };
        File.WriteAllBytes(Path.Combine(root, "boot/initrd"), InitrdBuilder.Build(request).Content);
    }
}
