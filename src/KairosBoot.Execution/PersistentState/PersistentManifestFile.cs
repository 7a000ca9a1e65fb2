using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The manifest of a state directory on its volume. It is never modified, only replaced in one rename.</summary>
/// <param name="stores">The state directory.</param>
internal sealed class PersistentManifestFile(PersistentStores stores) : IDisposable
{
    private const int OwnerOnly = Octal.O600;
    private const string Name = "manifest";
    /// <summary>The manifest after the changes.</summary>
    private const string Next = "manifest.next";
    private const string Unfinished = "manifest.new";
    // Next to the stores; only kairos-boot uses this directory.
    private const string ControlName = ".kairosboot", UnfinishedControl = ControlName + ".new";
    /// <summary>A new machine has this file until the stage first-boot has ended without an error.</summary>
    private const string FirstBootMark = "first-boot";
    /// <summary>The key of the signatures.</summary>
    private const string KeyName = "key";
    private const int MaxPiece = 1 << 16;
    private FileHandle? control;

    /// <summary>The directory of the manifest, opened for reading.</summary>
    public FileHandle Control => control ?? throw new InvalidOperationException("not open");

    /// <summary>Opens the directory of the manifest. If it is missing, creates it, for a new machine with the mark of the first
    /// boot.</summary>
    /// <exception cref="OperatorException">Another file has its name.</exception>
    public void Make()
    {
        stores.Make();
        if (TryOpenControl()) return;
        var parent = stores.Directory!;
        FileTree.Delete(parent, UnfinishedControl);
        var isNew = stores.IsEmpty = IsEmpty(parent);
        Syscall.MkDirAt(parent, UnfinishedControl, Octal.O700);
        control = Syscall.OpenDirectoryAt(parent, UnfinishedControl);
        if (isNew) Create(FirstBootMark).Dispose();
        // Complete from the start: after a power cut, a directory without the mark would be that of a machine that is not new.
        Syscall.RenameAt(parent, UnfinishedControl, parent, ControlName);
    }

    /// <summary>
    /// Reads the key of the signatures. If it is missing or damaged, makes a new one, which becomes durable with the next manifest; files
    /// whose signatures have another key count as changed by the user, and stay.
    /// </summary>
    public SignatureKey Key()
    {
        var bytes = new byte[SipHash128.KeyBytes];
        if (Syscall.TryStatAt(Control, KeyName) is { Type: FileType.Regular, Size: SipHash128.KeyBytes })
        {
            using var file = Syscall.OpenAt(Control, KeyName, OpenFlags.ReadOnly | OpenFlags.NoFollow);
            // A power cut can leave a file without its data.
            if (Syscall.PRead(file, bytes, 0) == bytes.Length && bytes.AsSpan().ContainsAnyExcept((byte)0)) return new SignatureKey(bytes);
        }
        FileTree.Delete(Control, KeyName);
        Syscall.GetRandom(bytes);
        using (var file = Create(KeyName)) Syscall.WriteAll(file, bytes);
        return new SignatureKey(bytes);
    }

    private FileHandle Create(string name) => Syscall.OpenAt(Control, name,
        OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OwnerOnly);

    private static bool IsEmpty(FileHandle directory)
    {
        using var readable = Syscall.Reopen(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        return Syscall.IsEmpty(readable);
    }

    /// <summary>Path of the mark of the first boot; null: this machine has had its first boot.</summary>
    public string? FirstBoot()
    {
        try
        {
            return TryOpenControl() && Syscall.TryStatAt(control!, FirstBootMark) is { Type: FileType.Regular }
                ? $"{stores.Path}/{ControlName}/{FirstBootMark}" : null;
        }
        catch (OperatorException) { return null; } // seeding reports it
    }

    private bool TryOpenControl()
    {
        if (control is not null) return true;
        if (stores.Directory is not { } directory) return false;
        control = Syscall.TryOpenAt(directory, ControlName, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (control is not null) return true;
        if (Syscall.TryStatAt(directory, ControlName) is not { } other) return false;
        throw new OperatorException(
            $"{directory.Path}/{ControlName} is not a directory; it belongs to user {other.Uid.ToString()}", "remove it");
    }

    /// <summary>
    /// Reads the sections without their texts, which needs only the head of the file. Empty: the manifest is missing or its head is
    /// damaged.
    /// </summary>
    /// <exception cref="OperatorException">It is not a regular file, or too large; <see cref="Read"/> then starts without it.</exception>
    public List<ManifestSection> ReadHead()
    {
        using var file = TryOpen();
        return file is null ? [] : Head(file) ?? [];
    }

    /// <summary>Reads all sections with their texts.</summary>
    /// <param name="damaged">Problems of the manifest, one sentence each. Damaged sections are left out.</param>
    public List<ManifestSection> Read(List<string> damaged)
    {
        try
        {
            using var file = TryOpen();
            if (file is null) return [];
            if (Head(file) is { } sections) return WithTexts(file, sections, damaged);
            damaged.Add($"{file.Path} is damaged: {Consequence}");
        }
        catch (OperatorException e) when (control is not null)
        {
            damaged.Add($"{e.Problem}: {Consequence}");
            // A rename replaces every kind of file except a directory.
            if (Syscall.TryStatAt(control, Name) is { Type: FileType.Directory }) FileTree.Delete(control, Name);
        }
        return [];
    }

    private const string Consequence = "it is unknown which files the user changed, so all files that differ from the image are kept";

    private static List<ManifestSection> WithTexts(FileHandle file, List<ManifestSection> sections, List<string> damaged)
    {
        long at = PersistentManifest.Head(sections).Length;
        var body = new byte[Math.Max(0, Math.Min(Syscall.FStat(file).Size, Limit.Bytes) - at)];
        foreach (var path in PersistentManifest.AddTexts(sections, body[..Syscall.PRead(file, body, at)]))
        {
            damaged.Add($"{file.Path} is damaged in the part of {path}: all files there that differ from the image are kept");
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

    // The initrd has only the memory, and the manifest is in it twice for a moment.
    private static ReadLimit Limit => ReadLimit.Manifest with { Bytes = Math.Min(ReadLimit.Manifest.Bytes, Syscall.MemoryBytes() / 8) };

    private static List<ManifestSection>? Head(FileHandle file)
    {
        var first = new byte[PersistentManifest.FirstLine];
        if (PersistentManifest.HeadLength(first.AsSpan(0, Syscall.PRead(file, first, 0))) is not { } length) return null;
        var head = new byte[length];
        return Syscall.PRead(file, head, 0) == length ? PersistentManifest.ParseHead(head) : null;
    }

    /// <summary>Writes the manifest after the changes under a temporary name, without flushing it.</summary>
    public void WriteNext(List<ManifestSection> sections) => Write(Next, sections);

    /// <summary>
    /// Makes the file of <see cref="WriteNext"/> the manifest. All data written so far is flushed before the rename, and the rename
    /// before this returns.
    /// </summary>
    public void Settle() => Exchange(Next);

    /// <summary>Replaces the manifest with these sections; flushes like <see cref="Settle"/>.</summary>
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
        // Later changes must not reach the disk before the rename does.
        Syscall.FSync(Control);
    }

    private void Write(string name, List<ManifestSection> sections)
    {
        // A file of this name was deleted at the start of the pass.
        using var file = Create(name);
        var head = PersistentManifest.Head(sections);
        long length = head.Length;
        foreach (var section in sections) length += section.Length;
        // Most sections are short, and each write changes the inode, which costs the journal a block.
        var piece = new byte[Math.Min(length, MaxPiece)];
        var used = 0;
        void Add(ReadOnlySpan<byte> text)
        {
            while (text.Length > 0)
            {
                var fits = Math.Min(text.Length, piece.Length - used);
                text[..fits].CopyTo(piece.AsSpan(used));
                text = text[fits..];
                used += fits;
                if (used < piece.Length) return;
                Syscall.WriteAll(file, piece);
                used = 0;
            }
        }
        Add(head);
        foreach (var section in sections) Add(section.Text);
        Syscall.WriteAll(file, piece.AsSpan(0, used));
    }

    public void Dispose() => control?.Dispose();
}
