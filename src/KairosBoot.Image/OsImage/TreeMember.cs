namespace KairosBoot.Image;

/// <summary>Properties of a file in a container export that an ordinary user cannot set on the build host.</summary>
/// <param name="Path">Without a leading slash.</param>
/// <param name="Type">As in stat(2).</param>
/// <param name="Mode">Permission bits with set-uid, set-gid and sticky.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="DeviceMajor">Of a device node.</param>
/// <param name="DeviceMinor">Of a device node.</param>
/// <param name="ExtendedAttributes">Name and value.</param>
public sealed record TreeMember(
    string Path,
    Linux.FileType Type,
    int Mode,
    uint Uid,
    uint Gid,
    int DeviceMajor,
    int DeviceMinor,
    IReadOnlyList<(Plan.XattrName Name, byte[] Value)> ExtendedAttributes)
{
    /// <summary>Whether it is a device node that was not extracted, because the user is not root.</summary>
    public bool IsDeviceOrFifo => Type is Linux.FileType.BlockDevice or Linux.FileType.CharacterDevice or Linux.FileType.Fifo;
}
