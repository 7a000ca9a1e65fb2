using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>
/// Reads the members of an archive in one pass. Types and PAX keys are closed lists: a known one is applied, an unknown one refused.
/// What GNU tar accepts is read as GNU tar reads it. An archive that may have been cut or joined is refused: it ends with a block of
/// zeros, and only zeros follow.
/// </summary>
/// <param name="input">The archive, not compressed.</param>
internal sealed class TarArchive(Stream input)
{
    // Much larger than all attributes of a file on Linux file systems can be; other readers have the same limit.
    private const int MaxHeaderBytes = 1 << 20;

    private const int PieceSize = 1 << 17;

    private readonly byte[] block = new byte[TarHeader.BlockSize];
    private byte[] globalRecords = [];
    private long contentLeft; // bytes of the current member that were not read yet, padded to a full block

    /// <summary>Position of the header block of the current member in bytes.</summary>
    internal long HeaderOffset { get; private set; }

    /// <summary>Name of the current member; null: its headers are not complete.</summary>
    internal string? CurrentName { get; private set; }

    private long position;

    /// <summary>Reads the headers of the next member. Null: the archive has ended.</summary>
    /// <exception cref="TarProblem">The archive is damaged or has something that is not in the lists.</exception>
    internal TarMember? Next()
    {
        Skip();
        CurrentName = null;
        var pending = new TarPending();
        while (true)
        {
            HeaderOffset = position;
            if (TarHeader.Parse(ReadBlock()) is not { } header)
            {
                if (!pending.IsEmpty) throw TarProblem.Damage("the archive ends after a header that has no member");
                RequireEnd();
                return null;
            }

            switch (header.Type)
            {
                case 'x': pending.AddRecords(ReadHeaderData(header)); break;
                case 'g':
                    // As in GNU tar, a global header replaces the one before.
                    globalRecords = ReadHeaderData(header);
                    break;
                case 'L': pending.LongName = TarPending.Text(ReadHeaderData(header)); break;
                case 'K': pending.LongLinkName = TarPending.Text(ReadHeaderData(header)); break;
                case 'V': // the label of a volume
                    contentLeft = TarHeader.Padded(header.Size);
                    Skip();
                    pending = new TarPending();
                    break;
                default: return Member(header, pending);
            }
        }
    }

    /// <summary>Reads the content of a regular file.</summary>
    /// <param name="member">The current member.</param>
    /// <param name="receive">Gets each piece with its offset in the file.</param>
    internal void Copy(TarMember member, Action<long, ReadOnlySpan<byte>> receive)
    {
        var piece = new byte[Math.Min(PieceSize, contentLeft)];
        foreach (var region in member.Content.Regions)
        {
            for (long done = 0; done < region.Length;)
            {
                var length = (int)Math.Min(piece.Length, region.Length - done);
                ReadExactly(piece.AsSpan(0, length));
                contentLeft -= length;
                receive(region.Offset + done, piece.AsSpan(0, length));
                done += length;
            }
        }
    }

    private TarMember Member(TarHeader header, TarPending pending)
    {
        var values = pending.Values(globalRecords);
        var name = values.Sparse?.Name ?? values.Path ?? pending.LongName ?? header.Name;
        CurrentName = name;
        var type = TarTypes.Of(header.Type, name);
        // Directories, links and nodes have no content in the archive, even if their size is not 0. Type D has a list of names.
        var size = values.Size ?? header.Size;
        contentLeft = type == FileType.Regular || header.Type == 'D' ? TarHeader.Padded(size) : 0;
        var mode = header.Mode;
        var attributes = TarTypes.IsHardLink(type) ? TarAttributes.None : TarAttributes.Of(values, type, ref mode);
        var isNode = type is FileType.CharacterDevice or FileType.BlockDevice;
        return new TarMember
        {
            Name = name.TrimEnd('/'),
            Type = type,
            LinkName = values.LinkPath ?? pending.LongLinkName ?? header.LinkName,
            Mode = mode,
            Uid = values.Uid ?? header.Uid,
            Gid = values.Gid ?? header.Gid,
            TimeNs = values.TimeNs ?? TarTime.FromSeconds(header.Seconds),
            Major = isNode ? header.Major : 0,
            Minor = isNode ? header.Minor : 0,
            Content = Content(header, values, type, size),
            ExtendedAttributes = attributes,
        };
    }

    private SparseMap Content(TarHeader header, PaxValues values, FileType type, long size)
    {
        if (header.Type == 'S')
        {
            if (header.Format != TarFormat.OldGnu || values.Sparse is not null || values.Size is not null)
                throw TarProblem.Refusal("is a sparse file of an unknown format", "pack it again with GNU tar");
            return SparseMap.ReadOld(header, ReadBlock);
        }

        if (values.Sparse is not { } sparse) return type == FileType.Regular ? SparseMap.Whole(size) : SparseMap.Empty;
        if (type != FileType.Regular || header.Format != TarFormat.Ustar)
            throw TarProblem.Damage("the records of a sparse file belong to a member that is not one");
        if (!sparse.HasMapInContent()) return SparseMap.Check(sparse.Regions, sparse.RealSize!.Value, size);
        return SparseMap.ReadFromContent(sparse.RealSize!.Value, size, () =>
        {
            contentLeft -= TarHeader.BlockSize;
            return ReadBlock();
        });
    }

    private byte[] ReadHeaderData(TarHeader header)
    {
        var size = header.Size;
        var what = header.Type is 'x' or 'g' ? "PAX header" : "long name";
        if (size > MaxHeaderBytes) throw TarProblem.Damage($"a {what} has {size} bytes");
        var data = new byte[TarHeader.Padded(size)];
        ReadExactly(data);
        return data[..(int)size];
    }

    private byte[] ReadBlock()
    {
        ReadExactly(block);
        return block;
    }

    private void ReadExactly(Span<byte> buffer)
    {
        var length = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        position += length;
        if (length < buffer.Length) throw TarProblem.Damage("the archive ends before its end block, so it was probably cut");
    }

    private void Skip()
    {
        var piece = new byte[Math.Min(PieceSize, contentLeft)];
        while (contentLeft > 0)
        {
            var length = (int)Math.Min(piece.Length, contentLeft);
            ReadExactly(piece.AsSpan(0, length));
            contentLeft -= length;
        }
    }

    // To the end of the input, so that the checksums of a compressed archive are checked, too.
    private void RequireEnd()
    {
        var piece = new byte[PieceSize];
        for (int length; (length = input.Read(piece)) > 0; position += length)
        {
            if (piece.AsSpan(0, length).ContainsAnyExcept((byte)0))
            {
                HeaderOffset = position;
                throw TarProblem.Refusal("is followed by other data: another archive, which tar -x would ignore",
                    "join the archives with tar --concatenate, or unpack both and use --root");
            }
        }
    }
}
