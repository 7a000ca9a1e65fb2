namespace KairosBoot.Boot.Tests;

/// <summary>Images with Debian's generic kernel, its initrd and one of its modules. Its release differs from that of all other
/// images.</summary>
public static class OtherKernel
{
    /// <summary>A module that is not in its initrd.</summary>
    public const string Module = "dummy";

    private static string Root => Path.Combine(Assets.Out, "test-assets/generic-root");

    public static string Release => Path.GetFileName(Directory.GetDirectories(Path.Combine(Root, "usr/lib/modules")).Single());

    /// <summary>An ext4 image with kboot in it, 40 MiB.</summary>
    /// <param name="kernel">Text that replaces the kernel; null: the kernel itself.</param>
    public static byte[] Image(string name, string? kernel = null) =>
        BusyboxRoot.ImageWith(name, tree => Fill(tree, kernel), mebibytes: 40);

    /// <summary>The same as a squashfs.</summary>
    public static byte[] Squashfs(string name)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-squashfs-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree"), image = Path.Combine(work.FullName, "image");
            BusyboxRoot.MakeTree(tree, name);
            Fill(tree, kernel: null);
            Tool.Run("mksquashfs", tree, image, "-all-root", "-quiet", "-no-progress");
            return File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static void Fill(string tree, string? kernel)
    {
        string modules = Path.Combine(tree, "lib/modules", Release);
        foreach (string directory in (string[])["boot", "usr/bin", "lib/modules/" + Release])
            Directory.CreateDirectory(Path.Combine(tree, directory));
        // As in distributions: a link that is absolute inside the image.
        File.CreateSymbolicLink(Path.Combine(tree, "boot/vmlinuz"), "/boot/vmlinuz-" + Release);
        string target = Path.Combine(tree, "boot/vmlinuz-" + Release);
        if (kernel is null)
            File.Copy(Path.Combine(Root, "boot/vmlinuz-" + Release), target);
        else
            File.WriteAllText(target, kernel);
        File.Copy(Path.Combine(Assets.Out, "test-assets/generic-initrd"), Path.Combine(tree, "boot/initrd"));
        File.Copy(Assets.KBoot, Path.Combine(tree, "usr/bin/kboot"));
        File.Copy(Directory.GetFiles(Path.Combine(Root, "usr/lib/modules"), Module + ".ko", SearchOption.AllDirectories).Single(),
            Path.Combine(modules, Module + ".ko"));
        File.WriteAllText(Path.Combine(modules, "modules.dep"), Module + ".ko:\n");
    }
}
