namespace KairosBoot.Image;

/// <summary>The file system of an image.</summary>
public enum ImageFormat
{
    Ext4,
    Squashfs,
    Erofs,
}
