namespace KairosBoot.Linux;

/// <summary>A failed system call. Branch on <see cref="Errno"/>, not on the text.</summary>
public class SyscallException : Exception
{
    /// <param name="operation">Name of the call, with the arguments that identify it: <c>mount -t ext4 -o ro</c>.</param>
    /// <param name="path">The file that it was applied to; null: none.</param>
    /// <param name="errno">Number from errno(3).</param>
    internal SyscallException(string operation, string? path, int errno)
        : base($"{operation}{(path is null ? "" : " " + path)}: {Linux.Errno.Describe(errno)}") =>
        (Operation, Path, Errno) = (operation, path, errno);

    public string Operation { get; }
    public string? Path { get; }
    public int Errno { get; }
}
