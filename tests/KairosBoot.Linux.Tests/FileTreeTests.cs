using Posix = Mono.Unix.Native.Syscall;
using Stat = Mono.Unix.Native.Stat;

namespace KairosBoot.Linux.Tests;

public sealed class FileTreeTests
{
    [Fact]
    public void A_copy_keeps_modes_owners_times_attributes_links_and_devices() => MountNamespace.Run(scratch =>
    {
        var from = scratch + "/from";
        MountNamespace.Tool("sh", "-c", $$"""
            set -e
            mkdir -p {{from}}/sub && cd {{from}}
            echo text > file && chmod 4711 file && chown 12:34 file && setfattr -n trusted.t -v 1 file && touch -d @1000000000.5 file
            ln file sub/hard && ln -s /absolute soft && chown -h 5:6 soft && mkfifo -m 600 pipe && mknod -m 640 null c 1 3
            chmod 2750 sub && chown 7:8 sub && touch -d @1000000001 sub
            """);
        Copy(from, scratch);
        // Two independent views: find(1) for one line about each file, Mono.Posix for the identity of inodes.
        string List(string root) => MountNamespace.Tool("sh", "-c",
            $"cd {root} && find . -printf '%P %y %m %U:%G %T@ %l\\n' | sort && getfattr -h -m - -d file");
        Assert.Equal(List(from), List(scratch + "/to"));
        Assert.Equal(0, Posix.stat(scratch + "/to/file", out Stat file) | Posix.stat(scratch + "/to/sub/hard", out Stat hard));
        Assert.Equal((file.st_ino, 2UL), (hard.st_ino, (ulong)hard.st_nlink));
        Posix.stat(scratch + "/to/null", out var device);
        Assert.Equal(0x103UL, device.st_rdev);
    });

    [Fact]
    public void A_file_system_mounted_inside_is_not_copied() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/from/volume");
        Syscall.Mount("tmpfs", scratch + "/from/volume", "tmpfs", MountFlags.None, "");
        File.WriteAllText(scratch + "/from/volume/foreign", "");
        Copy(scratch + "/from", scratch);
        Assert.True(Directory.Exists(scratch + "/to/volume"));
        Assert.Empty(Directory.GetFileSystemEntries(scratch + "/to/volume"));
    });

    [Fact]
    public void Names_that_are_not_plain_text_are_copied() => MountNamespace.Run(scratch =>
    {
        string[] names = ["with space", "ümlaut", "new\nline", "-rf", "*"];
        Directory.CreateDirectory(scratch + "/from");
        foreach (var name in names) File.WriteAllText($"{scratch}/from/{name}", name);
        Copy(scratch + "/from", scratch);
        foreach (var name in names) Assert.Equal(name, File.ReadAllText($"{scratch}/to/{name}"));
        MountNamespace.Tool("sh", "-c",
            $"touch \"$(printf '{scratch}/from/latin\\351-\\360\\237\\220\\247-\\377')\"; ln -s \"$(printf 'to\\200')\" " +
            $"{scratch}/from/link");
        FileTree.Delete(scratch + "/to");
        Assert.False(Directory.Exists(scratch + "/to"));
        Copy(scratch + "/from", scratch);
        string Bytes(string directory) => MountNamespace.Tool("sh", "-c",
            $"cd {directory} && find . -printf '%p %l\\n' | sort | od -An -c");
        Assert.Contains("351", Bytes(scratch + "/to"));
        Assert.Equal(Bytes(scratch + "/from"), Bytes(scratch + "/to"));
        FileTree.Delete(scratch + "/to");
        Assert.False(Directory.Exists(scratch + "/to"));
    });

    private static void Copy(string from, string scratch)
    {
        using var source = Syscall.Open(from, OpenFlags.ReadOnly | OpenFlags.Directory);
        using var directory = Syscall.Open(scratch, OpenFlags.Path | OpenFlags.Directory);
        FileTree.Copy(source, directory, "to");
    }
}
