using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// A root as unlike the Debian as can be: one static busybox as init, shell and everything else; no systemd, no udev, no
/// shared library. Its console shell is root's, without a login.
/// </summary>
public static class BusyboxRoot
{
    /// <summary>What its init prints once it runs: a boot that must fail never shows it.</summary>
    public const string Ready = "busybox init has taken over";

    private static readonly Lazy<byte[]> Plain = new(() => Image("plain"));

    /// <summary>An ext4 image of it, 8 MiB.</summary>
    public static byte[] Ext4 => Plain.Value;

    /// <summary>The same with that text in <c>/name</c>, and empty files where directories should be.</summary>
    public static byte[] Image(string name, params string[] filesAt) => ImageWith(name, tree =>
    {
        foreach (string path in filesAt)
        {
            Directory.Delete(tree + path, recursive: true);
            File.WriteAllText(tree + path, "");
        }
    });

    /// <summary>The same with the host's e2fsck and its libraries in it, 16 MiB.</summary>
    public static byte[] ImageWithFsck(string name) => ImageWithProgram(name, "/usr/sbin/e2fsck", "/sbin/fsck.ext4");

    /// <summary>The same with a program of the host and its libraries in it, 16 MiB.</summary>
    public static byte[] ImageWithProgram(string name, string program, string path) => ImageWith(name, tree => AddProgram(tree, program, path), mebibytes: 16);

    /// <summary>Puts a program of the host and its libraries into a tree.</summary>
    public static void AddProgram(string tree, string program, string path)
    {
        Copy(program, tree + path);
        foreach (string word in Tool.Run("ldd", program).Split([' ', '\t', '\n']).Where(word => word.StartsWith('/')))
            Copy(word, tree + word);
    }

    /// <summary>The same with an init of its own: that script, run by the busybox.</summary>
    public static byte[] ImageWithInit(string name, string script) => ImageWith(name, tree => SetInit(tree, script));

    /// <summary>Puts that script, run by the busybox, in the place of a tree's init.</summary>
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

    /// <summary>The same with that text in <c>/name</c>, and whatever is done to the tree before it becomes an image.</summary>
    public static byte[] ImageWith(string name, Action<string> prepare, int mebibytes = 8)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("kairosboot-busybox-");
        try
        {
            string tree = Path.Combine(work.FullName, "tree");
            MakeTree(tree, name);
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

    /// <summary>Its files, with that text in <c>/name</c>, in a directory that is not there yet.</summary>
    public static void MakeTree(string tree, string name)
    {
        foreach (string directory in (string[])["bin", "sbin", "dev", "proc", "sys", "run", "tmp", "mnt", "etc", "oem", "usr/local", "var/log", "srv", "home", "root", "opt"])
            Directory.CreateDirectory(Path.Combine(tree, directory));
        File.Copy("/bin/busybox", Path.Combine(tree, "bin/busybox"));
        string applets = Tool.Run(Path.Combine(tree, "bin/busybox"), "--list");
        foreach (string applet in applets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(a => a != "busybox"))
        {
            string link = applet == "init" ? "sbin/init" : "bin/" + applet;
            File.CreateSymbolicLink(Path.Combine(tree, link), applet == "init" ? "../bin/busybox" : "busybox");
        }
        File.WriteAllText(Path.Combine(tree, "etc/inittab"), $"::sysinit:/bin/echo {Ready}\n::respawn:-/bin/sh\n::ctrlaltdel:/bin/reboot\n");
        File.WriteAllText(Path.Combine(tree, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        File.WriteAllText(Path.Combine(tree, "etc/group"), "root:x:0:\n");
        File.WriteAllText(Path.Combine(tree, "etc/hosts"), "127.0.0.1 localhost\n");
        File.WriteAllText(Path.Combine(tree, "etc/hostname"), "busybox\n");
        File.WriteAllText(Path.Combine(tree, "name"), name, Encoding.ASCII);
    }
}
