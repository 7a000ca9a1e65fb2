namespace KairosBoot.Image.Tests;

/// <summary>Kinds of files that nobody expects at a path. Reading them may fail, wait forever, or never end.</summary>
internal static class OddFile
{
    /// <summary>Only root can create it.</summary>
    internal static readonly string[] RootKinds = ["zero", "full", "no disk", "immutable", "append only"];

    internal static readonly string[] Kinds =
    [
        "missing", "empty", "directory", "full directory", "fifo", "socket", "dangling link", "link to itself", "link loop", "link out",
        "link to the top", "long link", "link to a fifo", "link below a file",
        "unreadable", "unreadable directory", "garbage", "cut", "one bit",
        "sparse", "line breaks", "long line", "not text", .. RootKinds,
    ];

    /// <summary>Puts one kind at a path of a tree. Parents that are missing are created.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="path">In the tree.</param>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="random">Chooses bytes.</param>
    internal static void Put(string root, string path, string kind, Random random)
    {
        var full = Path.Combine(root, path);
        byte[] content = kind switch
        {
            "garbage" => Bytes(random, 5000),
            "cut" => Content(full) is var whole ? whole[..(whole.Length * random.Next(100) / 100)] : [],
            "one bit" => Flip(Content(full), random),
            "line breaks" => "\n\r\n\n"u8.ToArray(),
            "long line" => [.. Enumerable.Repeat((byte)'a', 100_000)],
            "not text" => [0, 0xFF, 0xC3, 0x28, (byte)'\n', 0xED, 0xA0, 0x80],
            "unreadable" or "immutable" or "append only" => Content(full),
            _ => [],
        };
        var name = Path.GetFileName(path);
        var make = kind switch
        {
            "missing" => "true",
            "directory" => "mkdir p",
            "full directory" => "mkdir -p p/in/the/way",
            "fifo" => "mkfifo p",
            "socket" => "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"p\")'",
            "zero" => "mknod p c 1 5",
            "full" => "mknod p c 1 7",
            "no disk" => "mknod p b 259 9999",
            "dangling link" => "ln -s /nothing/here p",
            "link to itself" => $"ln -s {name} p",
            "link loop" => $"ln -s {name}.2 p; ln -s {name} {name}.2",
            "link out" => "ln -s ../../../../../../../../../../etc/shadow p",
            "link to the top" => "ln -s / p",
            "long link" => "ln -s $(printf '%04000d' 0) p",
            "link to a fifo" => $"mkfifo {name}.fifo; ln -s {name}.fifo p",
            "link below a file" => "ln -s /sbin/init/file p",
            "unreadable directory" => "mkdir p; : > p/file; chmod 0 p",
            "sparse" => "truncate -s 3G p",
            _ => "cp ../.content p",
        };
        var directory = Path.GetDirectoryName(full)!;
        HostTool.Shell($"mkdir -p '{directory}' && rm -rf '{full}'");
        File.WriteAllBytes(Path.Combine(directory, ".content"), content);
        HostTool.Shell($"cd '{directory}' && mkdir .make && cd .make && {make}; if [ -e p -o -L p ]; then mv -T p ../{name}; fi; " +
            $"mv * .. 2>/dev/null; cd .. && rmdir .make && rm .content" + kind switch
            {
                "unreadable" => $" && chmod 0 {name}",
                "immutable" => $" && {{ chattr +i {name} || true; }}",
                "append only" => $" && {{ chattr +a {name} || true; }}",
                _ => "",
            });
    }

    /// <summary>Names that some programs and some parsers of their output do not expect.</summary>
    internal static void AddNames(string directory) => HostTool.Run("python3", "-c", """
        import os, sys
        os.chdir(os.fsencode(sys.argv[1]))
        for name in (b'a\nb', b'caf\xe9', b'\xff' * 255, b'n' * 255, b'-rf', b'$(reboot)', b"it's", b'"', b' ', b'\x1b[2J', b'#'):
            open(name, 'w').close()
        """, directory);

    /// <summary>Removes a tree that may have immutable files.</summary>
    internal static void Delete(string directory)
    {
        if (!Directory.Exists(directory)) return;
        if (Environment.IsPrivilegedProcess) HostTool.Shell($"chattr -R -f -ai '{directory}' || true");
        HostTool.Delete(directory);
    }

    private static byte[] Content(string path) => File.Exists(path) ? File.ReadAllBytes(path) : "text\n"u8.ToArray();

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Flip(byte[] content, Random random)
    {
        if (content.Length > 0) content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
        return content;
    }
}
