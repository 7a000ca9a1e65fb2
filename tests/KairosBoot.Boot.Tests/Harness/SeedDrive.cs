namespace KairosBoot.Boot.Tests;

/// <summary>A drive with user-data, as a cloud or a person attaches it to a machine. Dispose deletes it.</summary>
public sealed class SeedDrive : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kairosboot-seed-");

    private SeedDrive(params (string Path, string Content)[] files)
    {
        foreach ((string path, string content) in files)
        {
            string target = Path.Combine(Tree, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.WriteAllText(target, content);
        }
    }

    public string File => Path.Combine(_directory.FullName, "drive.raw");

    private string Tree => Path.Combine(_directory.FullName, "tree");

    /// <summary>A drive that is one FAT volume.</summary>
    public static SeedDrive Fat(string label, params (string Path, string Content)[] files)
    {
        SeedDrive drive = new(files);
        using (FileStream file = new(drive.File, FileMode.CreateNew))
        {
            file.SetLength(4L << 20);
        }
        Tool.Run("mkfs.vfat", "-n", label, drive.File);
        foreach (string entry in Directory.GetFileSystemEntries(drive.Tree))
            Tool.Run("mcopy", "-s", "-i", drive.File, entry, "::");
        return drive;
    }

    /// <summary>An ISO 9660 image with the long names of Rock Ridge.</summary>
    public static SeedDrive Iso(string label, params (string Path, string Content)[] files)
    {
        SeedDrive drive = new(files);
        Tool.Run("genisoimage", "-quiet", "-R", "-J", "-V", label, "-o", drive.File, drive.Tree);
        return drive;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
