using KairosBoot.Linux;

namespace KairosBoot.Execution;

/// <summary>A rough estimate of the space that new files need, so that the disk is not filled completely.</summary>
/// <param name="directory">The staging directory.</param>
internal sealed class StagingSpace(FileHandle directory)
{
    private const int BytesOfAnInode = 4096, ReservedInodes = 8;
    // The manifest is written twice.
    private const int BytesInManifest = 2 * 128;
    private long freeBytes, freeInodes, bytes, inodes;
    // Directories that are created after all paths are prepared: the volume does not count them yet.
    private int emptyStores;
    private bool isKnown;

    public FileHandle Directory => directory;

    /// <summary>The next path begins to stage files. The files of the paths before it are on the volume already.</summary>
    public void StartPath()
    {
        ReadFree();
        isKnown = false;
    }

    private void ReadFree()
    {
        (freeBytes, freeInodes) = Syscall.FreeSpace(directory);
        (bytes, inodes) = ((long)emptyStores * (BytesOfAnInode + BytesInManifest), emptyStores);
    }

    /// <summary>Counts entries that are not copied.</summary>
    public void AddEntries(int count) => bytes += (long)count * BytesInManifest;

    /// <summary>Counts a file or directory to copy. False: it does not fit.</summary>
    public bool Take(long allocatedBytes)
    {
        bytes += allocatedBytes + BytesOfAnInode + BytesInManifest;
        inodes++;
        return bytes <= freeBytes && inodes + ReservedInodes <= freeInodes;
    }

    /// <summary>Counts a directory that is created later. False: it does not fit.</summary>
    public bool TakeEmptyStore()
    {
        if (!isKnown) ReadFree();
        isKnown = Take(0);
        if (isKnown) emptyStores++;
        return isKnown;
    }
}
