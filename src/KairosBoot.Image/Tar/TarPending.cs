using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The headers before a member: PAX records, and GNU tar's long names.</summary>
internal sealed class TarPending
{
    private byte[]? records;

    /// <summary>Null: the name is in the header block.</summary>
    internal string? LongName { get; set; }

    internal string? LongLinkName { get; set; }

    internal bool IsEmpty => records is null && LongName is null && LongLinkName is null;

    internal void AddRecords(byte[] data) =>
        records = records is null ? data : throw TarProblem.Damage("a member has two PAX headers");

    /// <summary>The records of the global header, then those of the member.</summary>
    internal PaxValues Values(byte[] globalRecords)
    {
        var values = new PaxValues();
        PaxHeader.Apply(globalRecords, values, isGlobal: true);
        PaxHeader.Apply(records ?? [], values, isGlobal: false);
        return values;
    }

    /// <summary>The text of a long name: up to the NUL at its end.</summary>
    internal static string Text(ReadOnlySpan<byte> data)
    {
        var text = data.TrimEnd((byte)0);
        return text.Length > 0 && !text.Contains((byte)0) ? FileName.Decode(text)
            : throw TarProblem.Damage("a long name is empty or has a NUL");
    }
}
