using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>Flags of open(2). The numbers come from Tmds.LibC, because some differ between architectures.</summary>
public readonly record struct OpenFlags(int Value)
{
    public static OpenFlags ReadOnly => new(LibC.O_RDONLY);
    public static OpenFlags WriteOnly => new(LibC.O_WRONLY);
    public static OpenFlags ReadWrite => new(LibC.O_RDWR);
    public static OpenFlags Create => new(LibC.O_CREAT);
    public static OpenFlags Exclusive => new(LibC.O_EXCL);
    public static OpenFlags Truncate => new(LibC.O_TRUNC);
    public static OpenFlags Append => new(LibC.O_APPEND);
    public static OpenFlags Directory => new(LibC.O_DIRECTORY);
    public static OpenFlags NoFollow => new(LibC.O_NOFOLLOW);
    public static OpenFlags NonBlocking => new(LibC.O_NONBLOCK);
    public static OpenFlags NoControllingTerminal => new(LibC.O_NOCTTY);
    /// <summary>Refers to a file without opening it.</summary>
    public static OpenFlags Path => new(LibC.O_PATH);

    public static OpenFlags operator |(OpenFlags a, OpenFlags b) => new(a.Value | b.Value);
}
