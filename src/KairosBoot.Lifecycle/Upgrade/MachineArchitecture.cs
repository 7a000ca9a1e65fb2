using System.Buffers.Binary;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Finds out for which processor architecture a tree is built, from its kernel and its init.</summary>
internal static class MachineArchitecture
{
    // Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst
    private static readonly (int Offset, byte[] Magic, string Machine)[] Kernels =
    [
        (0x202, "HdrS"u8.ToArray(), "x86_64"), (0x38, "ARM\x64"u8.ToArray(), "aarch64"), (0x38, "RSC\x05"u8.ToArray(), "riscv64"),
    ];

    // e_machine, elf(5)
    private static readonly (int Number, string Machine)[] Programs =
        [(3, "i686"), (40, "armv7l"), (62, "x86_64"), (183, "aarch64"), (243, "riscv64")];

    /// <exception cref="OperatorException">It is for another architecture than this machine.</exception>
    internal static void Check(string root)
    {
        foreach (var (path, machine) in new[] { ("/boot/vmlinuz", Kernel(root)), ("/sbin/init", Program(root)) })
        {
            if (machine is not null && machine != Syscall.Machine())
            {
                throw new OperatorException($"the image is for another architecture: its {path} is for {machine}, this machine is " +
                    $"{Syscall.Machine()}", "use an image that is built for this architecture");
            }
        }
    }

    // Null if the file is missing or its format does not say.
    private static string? Kernel(string root)
    {
        var head = Head(root, "/boot/vmlinuz");
        return Kernels.FirstOrDefault(row => head.Length >= row.Offset + row.Magic.Length
            && head.AsSpan(row.Offset, row.Magic.Length).SequenceEqual(row.Magic)).Machine;
    }

    private static string? Program(string root)
    {
        var head = Head(root, "/sbin/init");
        return head is [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] && head.Length >= 20
            ? Programs.FirstOrDefault(row => row.Number == BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18))).Machine : null;
    }

    private static byte[] Head(string root, string path)
    {
        using var file = UntrustedTree.TryOpen(root, path);
        if (file is null || Syscall.FStat(file).Type != FileType.Regular) return [];
        using var open = Syscall.Reopen(file, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var head = new byte[1024];
        return head[..Syscall.PRead(open, head, 0)];
    }
}
