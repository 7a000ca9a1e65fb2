using System.Globalization;
using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// The busybox with a kernel, an initrd and kboot in it, on a disk that kboot disk build made of it:
/// <code>| BIOS boot | COS_GRUB | COS_OEM | COS_RECOVERY: recovery.img | COS_STATE: active.img passive.img bootstate | COS_PERSISTENT |</code>
/// </summary>
public sealed class GrubDisk : IDisposable
{
    private const int State = 5;
    private static readonly Lazy<byte[]> System = new(() => Image("busybox"));
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kairosboot-grub-disk-");
    private readonly long _state;

    /// <param name="init">A script in the place of its init.</param>
    public GrubDisk(string? init = null)
    {
        string image = At("image");
        global::System.IO.File.WriteAllBytes(image, init is null ? System.Value : Image("busybox", init));
        Tool.Run(Assets.KBoot, "disk", "build", "--image", image, "--output", File);
        string start = Tool.Run("sgdisk", $"--info={State}", File).Split('\n').Single(line => line.StartsWith("First sector: ", StringComparison.Ordinal));
        _state = long.Parse(start.Split(' ')[2], CultureInfo.InvariantCulture) * 512;
    }

    public string File => At("disk.raw");

    /// <summary>The content of the image, to be damaged.</summary>
    public static byte[] Content => System.Value;

    /// <summary>What debugfs makes of the image.</summary>
    public byte[] Changed(string request)
    {
        Tool.Run("debugfs", "-w", "-R", request, At("image"));
        return global::System.IO.File.ReadAllBytes(At("image"));
    }

    /// <summary>Puts another file in the place of one on COS_STATE; null: none.</summary>
    public void Replace(string path, byte[]? content)
    {
        List<string> commands = [$"rm {path}"];
        if (content is not null)
        {
            global::System.IO.File.WriteAllBytes(At("new"), content);
            commands.Add($"cd {path[..path.LastIndexOf('/')]}/");
            commands.Add($"write {At("new")} {path[(path.LastIndexOf('/') + 1)..]}");
        }
        global::System.IO.File.WriteAllLines(At("debugfs"), commands);
        Tool.Run("debugfs", "-w", "-f", At("debugfs"), $"{File}?offset={_state}");
    }

    /// <summary>A block with that content.</summary>
    public static byte[] Block(string content) => Encoding.ASCII.GetBytes(("# GRUB Environment Block\n" + content).PadRight(1024, '#'));

    public void Dispose() => _directory.Delete(recursive: true);

    private string At(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Puts into a tree of the busybox what GRUB loads, and kboot.</summary>
    public static void MakeBootable(string tree)
    {
        string release = Path.GetFileName(Directory.GetDirectories(Path.Combine(Assets.KernelRoot, "lib/modules")).Single());
        foreach (string directory in (string[])["boot", "usr/bin", "lib/modules/" + release])
        {
            Directory.CreateDirectory(Path.Combine(tree, directory));
        }
        global::System.IO.File.Copy(Assets.Kernel, Path.Combine(tree, "boot/vmlinuz"));
        global::System.IO.File.Copy(Assets.VirtioInitrd, Path.Combine(tree, "boot/initrd"));
        global::System.IO.File.Copy(Assets.KBoot, Path.Combine(tree, "usr/bin/kboot"));
    }

    private static byte[] Image(string name, string? init = null) => BusyboxRoot.ImageWith(name, tree =>
    {
        MakeBootable(tree);
        if (init is not null)
        {
            global::System.IO.File.Delete(Path.Combine(tree, "sbin/init"));
            global::System.IO.File.WriteAllText(Path.Combine(tree, "sbin/init"), "#!/bin/sh\n" + init);
            Tool.Run("chmod", "755", Path.Combine(tree, "sbin/init"));
        }
    }, mebibytes: 40);
}
