namespace KairosBoot.Image;

/// <summary>What a file for a virtual machine holds.</summary>
public enum DiskFileKind
{
    /// <summary>A whole disk, block by block.</summary>
    Raw,

    /// <summary>A disk in QEMU's own format.</summary>
    Qcow2,

    /// <summary>A file system with a system: ext4, squashfs or erofs.</summary>
    OsImage,
}
