namespace KairosBoot.Linux;

/// <summary>A system call that failed. Branch on <see cref="Errno"/>, never on the text.</summary>
/// <param name="operation">Name of the call, with the arguments that tell it from its like: <c>mount -t ext4 -o ro</c>.</param>
/// <param name="path">What it was applied to, where there is such a thing.</param>
/// <param name="errno">Number from errno(3).</param>
public sealed class SyscallException(string operation, string? path, int errno)
    : Exception($"{operation}{(path is null ? "" : " " + path)}: {Linux.Errno.Describe(errno)}")
{
    public string Operation { get; } = operation;
    public string? Path { get; } = path;
    public int Errno { get; } = errno;
}
