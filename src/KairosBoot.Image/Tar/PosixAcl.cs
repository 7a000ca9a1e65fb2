using System.Buffers.Binary;
using System.Globalization;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// An access control list: acl(5). An archive has it as text, the kernel as the attributes <c>system.posix_acl_access</c> and
/// <c>system.posix_acl_default</c> (linux/posix_acl_xattr.h).
/// </summary>
internal sealed class PosixAcl
{
    private const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;
    private const uint Version = 2, NoId = uint.MaxValue;
    private const int HeaderLength = 4, EntryLength = 8;

    private static readonly (string Word, ushort Owner, ushort Named)[] Words =
        [("user", UserObject, User), ("u", UserObject, User), ("group", GroupObject, Group), ("g", GroupObject, Group),
            ("mask", Mask, 0), ("m", Mask, 0), ("other", Other, 0), ("o", Other, 0)];

    /// <param name="Name">Of a user or group whose number is not in the text; else null.</param>
    private sealed record Entry(ushort Tag, uint Id, string? Name, int Permissions);

    private readonly List<Entry> entries = [];

    private PosixAcl()
    {
    }

    /// <summary>Whether the permission bits say the same: then a file has no attribute.</summary>
    internal bool IsMinimal => entries.Count == 3;

    /// <summary>The permission bits of a file with this list: the mask is shown as the group's.</summary>
    internal int Permissions => Of(UserObject) << 6 | Of(IsMinimal ? GroupObject : Mask) << 3 | Of(Other);

    /// <summary>Reads the long or the short form of text: <c>user:33:rw-,group::r--</c>.</summary>
    internal static PosixAcl ParseText(string text)
    {
        var acl = new PosixAcl();
        foreach (var line in text.Split(',', '\n'))
        {
            var entry = line.Split('#')[0].Trim();
            if (entry.Length > 0) acl.entries.Add(ParseEntry(entry));
        }

        return acl.Checked();
    }

    /// <summary>Reads the form of the kernel.</summary>
    internal static PosixAcl ParseAttribute(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderLength || value.Length % EntryLength != HeaderLength
            || BinaryPrimitives.ReadUInt32LittleEndian(value) != Version)
        {
            throw Invalid();
        }

        var acl = new PosixAcl();
        for (value = value[HeaderLength..]; value.Length > 0; value = value[EntryLength..])
        {
            var tag = BinaryPrimitives.ReadUInt16LittleEndian(value);
            var id = tag is User or Group ? BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) : NoId;
            acl.entries.Add(new Entry(tag, id, Name: null, BinaryPrimitives.ReadUInt16LittleEndian(value[2..])));
        }

        return acl.Checked();
    }

    /// <summary>The form of the kernel, in its order.</summary>
    /// <exception cref="TarProblem">A name has no number.</exception>
    internal byte[] ToAttribute(AccountNames names)
    {
        var numbered = entries.Select(entry => entry.Name is null ? entry : entry with { Id = Number(entry, names) })
            .OrderBy(entry => entry.Tag).ThenBy(entry => entry.Id).ToList();
        if (numbered.DistinctBy(entry => (entry.Tag, entry.Id)).Count() < numbered.Count) throw Invalid();
        var value = new byte[HeaderLength + numbered.Count * EntryLength];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Version);
        for (var i = 0; i < numbered.Count; i++)
        {
            var at = value.AsSpan(HeaderLength + i * EntryLength);
            BinaryPrimitives.WriteUInt16LittleEndian(at, numbered[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)numbered[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], numbered[i].Id);
        }

        return value;
    }

    private static uint Number(Entry entry, AccountNames names) => names.Find(entry.Name!, entry.Tag == User) ?? throw TarProblem.Refusal(
        $"has an access control list with the name '{ToolText.Show(entry.Name!)}', which is not in the archive's " +
            (entry.Tag == User ? "etc/passwd" : "etc/group"),
        "add the account to the system, or pack it with numbers: bsdtar --format=pax --acls");

    private static Entry ParseEntry(string text)
    {
        var parts = text.Split(':');
        var word = Array.Find(Words, row => row.Word == parts[0]);
        if (word.Word is null || parts.Length is < 3 or > 4 || parts[2].Length != 3) throw Invalid();
        var permissions = 0;
        for (var i = 0; i < 3; i++)
        {
            if (parts[2][i] == "rwx"[i]) permissions |= 4 >> i;
            else if (parts[2][i] != '-') throw Invalid();
        }

        if (parts[1].Length == 0) return new Entry(word.Owner, NoId, Name: null, permissions);
        if (word.Named == 0) throw Invalid();
        // star and libarchive append the number to a name: user:lisa:rwx:502.
        return uint.TryParse(parts.Length == 4 ? parts[3] : parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new Entry(word.Named, id, Name: null, permissions) : new Entry(word.Named, NoId, parts[1], permissions);
    }

    private int Of(ushort tag) => entries.Find(entry => entry.Tag == tag)!.Permissions;

    private PosixAcl Checked()
    {
        int Count(ushort tag) => entries.Count(entry => entry.Tag == tag);
        var named = Count(User) + Count(Group);
        var isComplete = Count(UserObject) == 1 && Count(GroupObject) == 1 && Count(Other) == 1 && Count(Mask) == entries.Count - 3 - named
            && Count(Mask) <= 1 && (named == 0 || Count(Mask) == 1);
        var isNumbered = entries.TrueForAll(entry => entry.Tag is not (User or Group) || entry is not { Id: NoId, Name: null });
        return isComplete && isNumbered && entries.TrueForAll(entry => entry.Permissions <= 7) ? this : throw Invalid();
    }

    private static TarProblem Invalid() =>
        TarProblem.Refusal("has an invalid access control list", "pack it again: tar --format=posix --acls");
}
