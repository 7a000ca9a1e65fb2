using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>One file of an archive, with all headers before it applied.</summary>
internal sealed class TarMember
{
    /// <summary>As in the archive, without the slash at the end.</summary>
    internal required string Name { get; init; }

    /// <summary>Unknown: a hard link to <see cref="LinkName"/>, which says nothing else.</summary>
    internal required FileType Type { get; init; }

    /// <summary>Target of a symbolic or hard link.</summary>
    internal required string LinkName { get; init; }

    internal required int Mode { get; init; }

    internal required uint Uid { get; init; }

    internal required uint Gid { get; init; }

    internal required long TimeNs { get; init; }

    internal int Major { get; init; }

    internal int Minor { get; init; }

    internal SparseMap Content { get; init; } = SparseMap.Empty;

    internal TarAttributes ExtendedAttributes { get; init; } = TarAttributes.None;
}
