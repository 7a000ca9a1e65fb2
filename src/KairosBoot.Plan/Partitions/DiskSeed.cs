namespace KairosBoot.Plan;

/// <summary>
/// Generates all identifiers of one disk from one text: the same text gives the same disk, and different texts share no identifier. Two
/// disks with the same PARTUUID cannot be used in one machine.
/// </summary>
/// <param name="text">Any text; <see cref="Problem"/> has the rules for operators.</param>
public sealed class DiskSeed(string text)
{
    private const int MaxLength = 256;

    /// <summary>The disk's own GUID, in the GPT.</summary>
    public Guid Disk => Id("disk");

    /// <summary>PARTUUID.</summary>
    public Guid Partition(int number) => Id($"partition {number}");

    /// <summary>UUID of the file system in that partition.</summary>
    public Guid FileSystem(int number) => Id($"file system {number}");

    /// <summary>The hash seed of its directories: a user who knows it can choose names that make a directory slow.</summary>
    public Guid DirectoryHash(int number) => Id($"directory hash {number}");

    /// <summary>Volume id of a FAT file system in that partition.</summary>
    public uint FatSerial(int number) => BitConverter.ToUInt32(Id($"FAT serial {number}").ToByteArray());

    /// <summary>Why a text from an operator is not a seed; null: it is one.</summary>
    public static string? Problem(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "is empty";
        if (text.Length > MaxLength) return $"has {text.Length} characters; {MaxLength} are allowed";
        foreach (var c in text)
            if (char.IsControl(c)) return "has control characters";
        return null;
    }

    // The text after the last colon is always one of ours, so that no two pairs give the same name.
    private Guid Id(string what) => NamedUuid.Of($"kairosboot:{text}:{what}");
}
