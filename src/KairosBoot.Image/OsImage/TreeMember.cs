namespace KairosBoot.Image;

/// <summary>What a container export says of a file that an ordinary user cannot give it on the build host.</summary>
/// <param name="Path">Without a leading slash.</param>
/// <param name="Type">As stat(2) has it.</param>
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
    int Uid,
    int Gid,
    int DeviceMajor,
    int DeviceMinor,
    IReadOnlyList<(Plan.XattrName Name, byte[] Value)> ExtendedAttributes)
{
    /// <summary>Whether it is a node that the extraction could not make, not being root.</summary>
    public bool IsDeviceOrFifo => Type is Linux.FileType.BlockDevice or Linux.FileType.CharacterDevice or Linux.FileType.Fifo;
}
