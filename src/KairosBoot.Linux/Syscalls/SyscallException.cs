namespace KairosBoot.Linux;

/// <summary>A failed system call. Branch on <see cref="Errno"/>, not on the text.</summary>
/// <param name="operation">Name of the call, with the arguments that identify it: <c>mount -t ext4 -o ro</c>.</param>
/// <param name="path">The file that it was applied to; null: none.</param>
/// <param name="errno">Number from errno(3).</param>
public sealed class SyscallException(string operation, string? path, int errno)
    : Exception($"{operation}{(path is null ? "" : " " + path)}: {Linux.Errno.Describe(errno)}")
{
    public string Operation { get; } = operation;
    public string? Path { get; } = path;
    public int Errno { get; } = errno;
}
