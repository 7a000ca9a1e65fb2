namespace KairosBoot.Image;

/// <summary>What PAX headers say about one member. Null: nothing, so the header block says it.</summary>
internal sealed class PaxValues
{
    internal string? Path { get; set; }

    internal string? LinkPath { get; set; }

    internal long? Size { get; set; }

    internal uint? Uid { get; set; }

    internal uint? Gid { get; set; }

    internal long? TimeNs { get; set; }

    /// <summary>The text of SCHILY.acl.access and SCHILY.acl.default.</summary>
    internal string? AccessAcl { get; set; }

    internal string? DefaultAcl { get; set; }

    /// <summary>The SELinux label as GNU tar writes it, without the NUL of the attribute.</summary>
    internal byte[]? SecurityLabel { get; set; }

    /// <summary>By name. bsdtar writes each attribute in two forms: the plain one counts.</summary>
    internal Dictionary<string, byte[]> PlainAttributes { get; } = [];

    internal Dictionary<string, byte[]> OtherAttributes { get; } = [];

    /// <summary>The records GNU.sparse.*; null: the member is not sparse.</summary>
    internal PaxSparse? Sparse { get; set; }
}
