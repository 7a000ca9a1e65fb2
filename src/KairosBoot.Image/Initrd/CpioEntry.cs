using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>One member of a cpio archive.</summary>
/// <param name="Name">Path without a leading slash.</param>
/// <param name="Mode">Type and permission bits as in stat(2).</param>
/// <param name="Content">Content of a file, or target of a link; empty for other types.</param>
/// <param name="DeviceMajor">Major number of a device node.</param>
/// <param name="DeviceMinor">Minor number of a device node.</param>
public sealed record CpioEntry(string Name, uint Mode, ReadOnlyMemory<byte> Content, uint DeviceMajor = 0, uint DeviceMinor = 0)
{
    private const uint TypeMask = 0xF000, DirectoryType = 0x4000, FileType = 0x8000, CharacterType = 0x2000;

    public bool IsFile => (Mode & TypeMask) == FileType;

    public static CpioEntry Directory(string name) => new(name, DirectoryType | Octal.O755, default);

    public static CpioEntry File(string name, ReadOnlyMemory<byte> content, bool executable) =>
        new(name, FileType | (executable ? (uint)Octal.O755 : Octal.O644), content);

    public static CpioEntry CharacterDevice(string name, uint major, uint minor) =>
        new(name, CharacterType | Octal.O600, default, major, minor);
}
