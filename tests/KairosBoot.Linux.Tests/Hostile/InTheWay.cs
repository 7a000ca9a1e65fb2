namespace KairosBoot.Linux.Tests;

/// <summary>
/// Kinds of files that a user can put in place of an expected file. Reading them would hang, never end, or use up the memory.
/// </summary>
internal static class InTheWay
{
    public static readonly string[] Kinds =
        ["fifo", "socket", "device", "directory", "full-directory", "link-to-zero", "link-to-kmsg", "link-to-itself", "link-to-fifo",
            "dangling-link", "sparse"];

    public static TheoryData<string> All => [.. Kinds];

    /// <summary>All kinds for each of these names.</summary>
    public static TheoryData<string, string> At(params string[] names)
    {
        var rows = new TheoryData<string, string>();
        foreach (var name in names)
            foreach (var kind in Kinds) rows.Add(name, kind);
        return rows;
    }

    /// <summary>Creates it in place of an existing file.</summary>
    public static void Put(string path, string kind)
    {
        var make = kind switch
        {
            "fifo" => "mkfifo p",
            "socket" => "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"p\")'",
            "device" => "mknod p c 1 5", // /dev/zero
            "directory" => "mkdir p",
            "full-directory" => "mkdir -p p/in/the/way",
            "link-to-zero" => "ln -s /dev/zero p",
            "link-to-kmsg" => "ln -s /proc/kmsg p",
            "link-to-itself" => "ln -s p p",
            "link-to-fifo" => "mkfifo p.fifo; ln -s p.fifo p",
            "dangling-link" => "ln -s /nothing/here p",
            "sparse" => "truncate -s 2G p",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        var (directory, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        StateMachine.Sh($"mkdir -p {directory}; rm -rf {path}; mkdir {directory}/.make; cd {directory}/.make; {make}; mv -T p ../{name}; " +
            $"if [ -e p.fifo ]; then mv p.fifo ..; fi; cd ..; rmdir .make");
    }
}
