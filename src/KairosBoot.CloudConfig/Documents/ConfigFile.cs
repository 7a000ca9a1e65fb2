using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>A config file that was found.</summary>
/// <param name="path">Its path.</param>
/// <param name="isRegular">False: a link, or a file that is a source itself. It is read each time.</param>
internal sealed class ConfigFile(string path, bool isRegular)
{
    // Not all of the status: there may be thousands of files.
    private long changed, written, size;
    private ulong inode, device;

    internal string Path => path;

    internal bool IsRegular => isRegular;

    /// <summary>Keeps what shows a change of the file.</summary>
    internal void Keep(FileStatus status) =>
        (changed, written, size, inode, device) = (status.CTimeNs, status.MTimeNs, status.Size, status.Inode, status.Device);

    internal bool IsUnchanged(FileStatus now) =>
        changed == now.CTimeNs && written == now.MTimeNs && size == now.Size && inode == now.Inode && device == now.Device;
}
