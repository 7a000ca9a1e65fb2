using Tmds.Linux;

namespace KairosBoot.Linux;

// Open files for a program that replaces this process. All others are close-on-exec.
public static unsafe partial class Syscall
{
    /// <summary>
    /// A file in memory that a program started with exec(2) inherits: memfd_create(2) without close-on-exec. Its position is at the
    /// start.
    /// </summary>
    public static FileHandle InheritedFile(string name, ReadOnlySpan<byte> content)
    {
        FileHandle file;
        fixed (byte* p = Z(name))
        {
            var fd = LibC.memfd_create(p, 0);
            if (fd < 0) throw Failed("memfd_create", name);
            file = new FileHandle(fd, name);
        }
        WriteAll(file, content);
        LibC.lseek(file.Descriptor, 0, LibC.SEEK_SET);
        return file;
    }

    /// <summary>The same open file without close-on-exec, for a program started with exec(2): dup(2).</summary>
    public static FileHandle Inherited(FileHandle file)
    {
        var fd = LibC.dup(file.Descriptor);
        return fd >= 0 ? new FileHandle(fd, file.Path) : throw Failed("dup", file.Path);
    }
}
