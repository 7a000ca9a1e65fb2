using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The manifest of a state directory on its volume. It is replaced in one rename and never changed.</summary>
/// <param name="stores">The state directory.</param>
internal sealed class PersistentManifestFile(PersistentStores stores) : IDisposable
{
    private const int OwnerOnly = Octal.O600;
    private const string Name = "manifest";
    /// <summary>What the manifest will be once the changes are made.</summary>
    private const string Next = "manifest.next";
    private const string Unfinished = "manifest.new";
    // Next to the stores; what a boot keeps there is nobody else's business.
    private const string ControlName = ".kairosboot";
    private FileHandle? control;

    /// <summary>The directory of the manifest, for reading.</summary>
    public FileHandle Control => control ?? throw new InvalidOperationException("not open");

    /// <summary>Opens the directory of the manifest, created where it is missing.</summary>
    /// <exception cref="OperatorException">Something else has its name.</exception>
    public void Make()
    {
        stores.Make();
        if (TryOpenControl()) return;
        Syscall.MkDirAt(stores.Directory!, ControlName, Octal.O700);
        control = Syscall.OpenDirectoryAt(stores.Directory!, ControlName);
    }

    private bool TryOpenControl()
    {
        if (control is not null) return true;
        if (stores.Directory is not { } directory) return false;
        control = Syscall.TryOpenAt(directory, ControlName, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (control is not null) return true;
        if (Syscall.TryStatAt(directory, ControlName) is not { } other) return false;
        throw new OperatorException($"{directory.Path}/{ControlName} is no directory; it belongs to user {other.Uid}", "remove it");
    }

    /// <summary>The sections without their texts, from as many bytes as they take. None where no manifest is there or its head is damaged.</summary>
    /// <exception cref="OperatorException">It is no regular file, or too large; <see cref="Read"/> then starts without it.</exception>
    public List<ManifestSection> ReadHead()
    {
        using var file = TryOpen();
        return file is null ? [] : Head(file) ?? [];
    }

    /// <summary>All sections with their texts.</summary>
    /// <param name="damaged">What is wrong with it, one sentence each. What is damaged is left out.</param>
    public List<ManifestSection> Read(List<string> damaged)
    {
        try
        {
            using var file = TryOpen();
            if (file is null) return [];
            if (Head(file) is { } sections) return WithTexts(file, sections, damaged);
            damaged.Add($"{file.Path} is damaged: {WhatFollows}");
        }
        catch (OperatorException e) when (control is not null)
        {
            damaged.Add($"{e.Problem}: {WhatFollows}");
            // A rename replaces everything but a directory.
            if (Syscall.TryStatAt(control, Name) is { Type: FileType.Directory }) FileTree.Delete(control, Name);
        }
        return [];
    }

    private const string WhatFollows = "which files were changed is not known, so every file stays that is not as the image has it";

    private static List<ManifestSection> WithTexts(FileHandle file, List<ManifestSection> sections, List<string> damaged)
    {
        long at = PersistentManifest.Head(sections).Length;
        var body = new byte[Math.Max(0, Math.Min(Syscall.FStat(file).Size, Limit.Bytes) - at)];
        foreach (var path in PersistentManifest.AddTexts(sections, body[..Syscall.PRead(file, body, at)]))
        {
            damaged.Add($"{file.Path} is damaged in the part of {path}: every file there stays that is not as the image has it");
            sections.RemoveAll(section => section.Path == path);
        }
        return sections;
    }

    private FileHandle? TryOpen()
    {
        if (!TryOpenControl()) return null;
        using var file = Syscall.TryOpenAt(control!, Name, OpenFlags.Path | OpenFlags.NoFollow);
        return file is null ? null : BoundedFile.Open(file, Limit);
    }

    // The initrd has nothing but the memory, and the manifest is in it twice for a moment.
    private static ReadLimit Limit => ReadLimit.Manifest with { Bytes = Math.Min(ReadLimit.Manifest.Bytes, Syscall.MemoryBytes() / 8) };

    private static List<ManifestSection>? Head(FileHandle file)
    {
        var first = new byte[PersistentManifest.FirstLine];
        if (PersistentManifest.HeadLength(first.AsSpan(0, Syscall.PRead(file, first, 0))) is not { } length) return null;
        var head = new byte[length];
        return Syscall.PRead(file, head, 0) == length ? PersistentManifest.ParseHead(head) : null;
    }

    /// <summary>The manifest as it will be; not the manifest yet, and not flushed.</summary>
    public void WriteNext(List<ManifestSection> sections) => Write(Next, sections);

    /// <summary>Makes what <see cref="WriteNext"/> wrote the manifest. Everything written so far, it included, is on the disk first, and the new name is
    /// before this returns.</summary>
    public void Settle() => Exchange(Next);

    /// <summary>Makes these sections the manifest, as <see cref="Settle"/> does.</summary>
    public void Replace(List<ManifestSection> sections)
    {
        Write(Unfinished, sections);
        Exchange(Unfinished);
    }

    public void DeleteUnfinished()
    {
        FileTree.Delete(Control, Unfinished);
        FileTree.Delete(Control, Next);
    }

    private void Exchange(string successor)
    {
        Syscall.SyncFs(Control);
        Syscall.RenameAt(Control, successor, Control, Name);
        // What comes after must not reach the disk before the name does.
        Syscall.FSync(Control);
    }

    private void Write(string name, List<ManifestSection> sections)
    {
        // What was there is deleted at the start of a pass.
        using var file = Syscall.OpenAt(Control, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OwnerOnly);
        Syscall.WriteAll(file, PersistentManifest.Head(sections));
        foreach (var section in sections) Syscall.WriteAll(file, section.Text);
    }

    public void Dispose() => control?.Dispose();
}
