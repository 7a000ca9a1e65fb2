using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>The extended attributes of a member from all the forms in which programs write them.</summary>
internal sealed class TarAttributes
{
    private const string AccessAcl = "system.posix_acl_access", DefaultAcl = "system.posix_acl_default";

    internal static readonly TarAttributes None = new([], []);

    private readonly IReadOnlyList<(XattrName Name, byte[] Value)> values;
    private readonly IReadOnlyList<(XattrName Name, PosixAcl List)> lists;

    private TarAttributes(IReadOnlyList<(XattrName Name, byte[] Value)> values, IReadOnlyList<(XattrName Name, PosixAcl List)> lists) =>
        (this.values, this.lists) = (values, lists);

    internal bool IsEmpty => values.Count + lists.Count == 0;

    /// <param name="headers">The PAX headers of the member.</param>
    /// <param name="type">Its type.</param>
    /// <param name="mode">Its permission bits; an access control list changes nine of them.</param>
    internal static TarAttributes Of(PaxValues headers, FileType type, ref int mode)
    {
        var values = new SortedDictionary<string, byte[]>(headers.OtherAttributes, StringComparer.Ordinal);
        foreach (var (name, value) in headers.PlainAttributes) values[name] = value;
        // setfilecon(3), which tar -x calls last, stores a NUL.
        if (headers.SecurityLabel is { } label) values["security.selinux"] = [.. label, 0];
        List<(XattrName Name, PosixAcl List)> lists = [];
        if (Take(values, AccessAcl, headers.AccessAcl) is { } access)
        {
            if (type == FileType.Symlink) throw Impossible("has an access control list and is a symbolic link");
            mode = mode & ~Octal.O777 | access.Permissions;
            if (!access.IsMinimal) lists.Add((Name(AccessAcl), access));
        }

        if (Take(values, DefaultAcl, headers.DefaultAcl) is { } inherited)
        {
            if (type != FileType.Directory) throw Impossible("has a default access control list and is not a directory");
            lists.Add((Name(DefaultAcl), inherited));
        }

        return new TarAttributes(values.Select(row => (Name(row.Key), row.Value)).ToList(), lists);
    }

    /// <summary>Sorted by name.</summary>
    /// <param name="names">For lists with names.</param>
    internal List<(XattrName Name, byte[] Value)> Resolve(AccountNames names) => values
        .Concat(lists.Select(row => (row.Name, row.List.ToAttribute(names))))
        .OrderBy(row => row.Name.Text, StringComparer.Ordinal).ToList();

    // The attribute is more exact than the text.
    private static PosixAcl? Take(SortedDictionary<string, byte[]> values, string name, string? text) =>
        values.Remove(name, out var value) ? PosixAcl.ParseAttribute(value) : text is null ? null : PosixAcl.ParseText(text);

    private static XattrName Name(string text) => XattrName.TryParse(text) ?? throw TarProblem.Refusal(
        $"has '{ToolText.Show(text)}', which is not the name of an extended attribute: user., trusted., security. or system. and text " +
            "without control characters, at most 255 bytes", "remove the attribute: setfattr -x NAME FILE");

    private static TarProblem Impossible(string reason) => TarProblem.Refusal(reason, "pack it again: tar --format=posix --acls");
}
