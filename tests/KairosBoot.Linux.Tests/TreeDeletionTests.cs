using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Deletions in trees that a user can change.</summary>
public sealed class TreeDeletionTests
{
    [Fact]
    public void A_deletion_never_follows_a_link() => MountNamespace.Run(scratch =>
    {
        MountNamespace.Tool("sh", "-ec",
            $"cd {scratch}; mkdir -p outside tree/sub; touch outside/kept; ln -s {scratch}/outside tree/sub/link; ln -s outside link; " +
            "mkfifo tree/pipe");
        Delete(scratch, "tree");
        Delete(scratch, "link");
        Delete(scratch, "missing");
        Assert.Equal([scratch + "/outside"], Directory.GetFileSystemEntries(scratch));
        Assert.True(File.Exists(scratch + "/outside/kept"));
    });

    [Fact]
    public void A_tree_deeper_than_the_limit_of_open_files_is_deleted() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/tree");
        var directory = Syscall.Open(scratch + "/tree", OpenFlags.ReadOnly | OpenFlags.Directory);
        for (var depth = 0; depth < 3000; depth++)
        {
            Syscall.MkDirAt(directory, "deep", Octal.O700);
            var next = Syscall.OpenAt(directory, "deep", OpenFlags.ReadOnly | OpenFlags.Directory);
            directory.Dispose();
            directory = next;
        }
        directory.Dispose();
        Delete(scratch, "tree");
        Assert.Empty(Directory.GetFileSystemEntries(scratch));
    });

    [Fact]
    public void A_directory_with_more_names_than_one_read_returns_is_deleted() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/tree");
        for (var i = 0; i < 5000; i++) File.WriteAllText($"{scratch}/tree/{i}-{new string('n', 100)}", "");
        Delete(scratch, "tree");
        Assert.Empty(Directory.GetFileSystemEntries(scratch));
    });

    [Fact]
    public void A_file_system_mounted_inside_a_tree_is_not_deleted() => MountNamespace.Run(scratch =>
    {
        Directory.CreateDirectory(scratch + "/tree/volume");
        Syscall.Mount("tmpfs", scratch + "/tree/volume", "tmpfs", MountFlags.None, "");
        File.WriteAllText(scratch + "/tree/volume/kept", "");
        Assert.Equal(Errno.EBUSY, Assert.Throws<SyscallException>(() => Delete(scratch, "tree")).Errno);
        Assert.True(File.Exists(scratch + "/tree/volume/kept"));
    });

    private static void Delete(string directory, string name)
    {
        using var handle = Syscall.Open(directory, OpenFlags.Path | OpenFlags.Directory);
        FileTree.Delete(handle, name);
    }
}
