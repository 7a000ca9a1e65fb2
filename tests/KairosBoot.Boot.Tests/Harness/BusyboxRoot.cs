using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A root very different from Debian: one static busybox is the init, the shell and all other programs. It has no systemd, no udev and no
/// shared library. The console has a root shell without a login.
/// </summary>
public static class BusyboxRoot
{
    /// <summary>The line that its init prints at the start. A boot that must fail does not print it.</summary>
    public const string Ready = "busybox init has taken over";

    private static readonly Lazy<byte[]> Plain = new(() => Image("plain"));

    /// <summary>The root as an ext4 image of 8 MiB.</summary>
    public static byte[] Ext4 => Plain.Value;

    /// <summary>The same with a text in <c>/name</c>, and with empty files in place of some directories.</summary>
    public static byte[] Image(string name, params string[] filesAt) => ImageWith(name, tree =>
    {
        foreach (string path in filesAt)
        {
            Directory.Delete(tree + path, recursive: true);
            File.WriteAllText(tree + path, "");
        }
    });

    /// <summary>The same with the host's e2fsck and its libraries, 16 MiB.</summary>
    public static byte[] ImageWithFsck(string name) => ImageWithProgram(name, "/usr/sbin/e2fsck", "/sbin/fsck.ext4");

    /// <summary>The same with a program of the host and its libraries, 16 MiB.</summary>
    public static byte[] ImageWithProgram(string name, string program, string path) =>
        ImageWith(name, tree => AddProgram(tree, program, path), mebibytes: 16);

    /// <summary>Puts a program of the host and its libraries into a tree.</summary>
    public static void AddProgram(string tree, string program, string path)
    {
        Copy(program, tree + path);
        foreach (string word in Tool.Run("ldd", program).Split([' ', '\t', '\n']).Where(word => word.StartsWith('/')))
            Copy(word, tree + word);
    }

    /// <summary>The same with a shell script as its init.</summary>
    public static byte[] ImageWithInit(string name, string script) => ImageWith(name, tree => SetInit(tree, script));

    /// <summary>Replaces the init of a tree with a shell script.</summary>
    public static void SetInit(string tree, string script)
    {
        File.Delete(tree + "/sbin/init");
        File.WriteAllText(tree + "/sbin/init", "#!/bin/sh\n" + script);
        Tool.Run("chmod", "755", tree + "/sbin/init");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }

    /// <summary>The same with a text in <c>/name</c> and other changes of the tree.</summary>
    public static byte[] ImageWith(string name, Action<string> prepare, int mebibytes = 8, bool arm64 = false)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-busybox-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree");
            MakeTree(tree, name, arm64);
            prepare(tree);
            string image = Path.Combine(work.FullName, "image");
            Tool.Run("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, "-E", "root_owner=0:0", image, $"{mebibytes}M");
            return File.ReadAllBytes(image);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>Writes the files of the root, with a text in <c>/name</c>, to a new directory.</summary>
    public static void MakeTree(string tree, string name, bool arm64 = false)
    {
        foreach (string directory in (string[])["bin", "sbin", "dev", "proc", "sys", "run", "tmp", "mnt", "etc", "oem", "usr/local",
            "var/log", "srv", "home", "root", "opt"])
        {
            Directory.CreateDirectory(Path.Combine(tree, directory));
        }

        // The names are those of the host's busybox: that of another architecture does not run here.
        const string Busybox = "/bin/busybox";
        File.Copy(arm64 ? Assets.Arm64Busybox : Busybox, Path.Combine(tree, "bin/busybox"));
        string applets = Tool.Run(Busybox, "--list");
        foreach (string applet in applets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(a => a != "busybox"))
        {
            string link = applet == "init" ? "sbin/init" : "bin/" + applet;
            File.CreateSymbolicLink(Path.Combine(tree, link), applet == "init" ? "../bin/busybox" : "busybox");
        }
        File.WriteAllText(Path.Combine(tree, "etc/inittab"),
            $"::sysinit:/bin/echo {Ready}\n::respawn:-/bin/sh\n::ctrlaltdel:/bin/reboot\n");
        File.WriteAllText(Path.Combine(tree, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        File.WriteAllText(Path.Combine(tree, "etc/group"), "root:x:0:\n");
        File.WriteAllText(Path.Combine(tree, "etc/hosts"), "127.0.0.1 localhost\n");
        File.WriteAllText(Path.Combine(tree, "etc/hostname"), "busybox\n");
        File.WriteAllText(Path.Combine(tree, "name"), name, Encoding.ASCII);
    }
}
