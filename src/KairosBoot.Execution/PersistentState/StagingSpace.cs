using KairosBoot.Linux;

namespace KairosBoot.Execution;

/// <summary>A rough estimate of the space that copies need, so that the disk is not filled completely.</summary>
internal sealed class StagingSpace
{
    private const int BytesOfAnInode = 4096, ReservedInodes = 8;
    // The manifest is written twice.
    private const int BytesInManifest = 2 * 128;
    private readonly long freeBytes, freeInodes;
    private long bytes, inodes;

    /// <param name="directory">A directory of the volume.</param>
    public StagingSpace(FileHandle directory) => (freeBytes, freeInodes) = Syscall.FreeSpace(directory);

    /// <summary>Counts entries that are not copied.</summary>
    public void AddEntries(int count) => bytes += (long)count * BytesInManifest;

    /// <summary>Counts a file or directory to copy. False: it does not fit.</summary>
    public bool Take(long allocatedBytes)
    {
        bytes += allocatedBytes + BytesOfAnInode + BytesInManifest;
        inodes++;
        return bytes <= freeBytes && inodes + ReservedInodes <= freeInodes;
    }
}
