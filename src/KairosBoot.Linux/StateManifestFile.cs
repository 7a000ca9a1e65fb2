using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>The manifest of a state directory on its volume. It is replaced in one rename and never changed.</summary>
/// <param name="directory">The state directory.</param>
internal sealed class StateManifestFile(string directory)
{
    private const int OwnerOnly = 0b110_000_000;

    /// <summary>Beside the stores; what a boot keeps there is nobody else's business.</summary>
    public string Control { get; } = directory + "/.kairosboot";

    public string Path => Control + "/manifest";
    /// <summary>What the manifest will be once the changes are made.</summary>
    public string Next => Control + "/manifest.next";
    private string Unfinished => Control + "/manifest.new";

    /// <summary>The sections without their texts, from as many bytes as they take. None where no manifest is there or its head is damaged.</summary>
    public List<StateSection> ReadHead()
    {
        using var file = Syscall.TryOpen(Path, OpenFlags.ReadOnly);
        return file is null ? [] : Head(file) ?? [];
    }

    /// <summary>All sections with their texts.</summary>
    /// <param name="damaged">What is wrong with it, one sentence each. What is damaged is left out.</param>
    public List<StateSection> Read(List<string> damaged)
    {
        using var file = Syscall.TryOpen(Path, OpenFlags.ReadOnly);
        if (file is null) return [];
        if (Head(file) is not { } sections)
        {
            damaged.Add($"{Path} is damaged: which files were changed is not known, so every file stays that is not as the image has it");
            return [];
        }
        long at = StateManifest.Head(sections).Length;
        var body = new byte[Math.Max(0, Syscall.FStat(file).Size - at)];
        foreach (var path in StateManifest.AddTexts(sections, body[..Syscall.PRead(file, body, at)]))
        {
            damaged.Add($"{Path} is damaged in the part of {path}: every file there stays that is not as the image has it");
            sections.RemoveAll(section => section.Path == path);
        }
        return sections;
    }

    private static List<StateSection>? Head(FileHandle file)
    {
        var first = new byte[StateManifest.FirstLine];
        if (StateManifest.HeadLength(first.AsSpan(0, Syscall.PRead(file, first, 0))) is not { } length) return null;
        var head = new byte[length];
        return Syscall.PRead(file, head, 0) == length ? StateManifest.ParseHead(head) : null;
    }

    /// <summary>The manifest as it will be; not the manifest yet, and not flushed.</summary>
    public void WriteNext(List<StateSection> sections) => Write(Next, sections);

    /// <summary>Makes <see cref="Next"/> the manifest. Everything written so far, it included, is on the disk first, and the new name is before this returns.</summary>
    public void Settle() => Exchange(Next);

    /// <summary>Makes these sections the manifest, as <see cref="Settle"/> does.</summary>
    public void Replace(List<StateSection> sections)
    {
        Write(Unfinished, sections);
        Exchange(Unfinished);
    }

    public void DeleteUnfinished()
    {
        FileTree.Delete(Unfinished);
        FileTree.Delete(Next);
    }

    private void Exchange(string successor)
    {
        using var control = Syscall.Open(Control, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.SyncFs(control);
        Syscall.Rename(successor, Path);
        // What comes after must not reach the disk before the name does.
        Syscall.FSync(control);
    }

    private static void Write(string path, List<StateSection> sections)
    {
        using var file = Syscall.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, OwnerOnly);
        Syscall.WriteAll(file, StateManifest.Head(sections));
        foreach (var section in sections) Syscall.WriteAll(file, section.Text);
    }
}
