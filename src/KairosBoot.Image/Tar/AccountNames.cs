using System.Globalization;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>
/// Numbers of the users and groups that the unpacked system knows. GNU tar writes access control lists with names even with
/// --numeric-owner, and the names of the build host may mean other users.
/// </summary>
/// <param name="root">The unpacked tree.</param>
internal sealed class AccountNames(string root)
{
    private readonly Lazy<Dictionary<string, uint>> users = new(() => Read(root, "/etc/passwd"));
    private readonly Lazy<Dictionary<string, uint>> groups = new(() => Read(root, "/etc/group"));

    /// <summary>Null: the system does not know the name.</summary>
    internal uint? Find(string name, bool isUser) => (isUser ? users : groups).Value.TryGetValue(name, out var id) ? id : null;

    // NAME:PASSWORD:NUMBER:...; as in getpwnam(3), the first line of a name counts.
    private static Dictionary<string, uint> Read(string root, string path)
    {
        var numbers = new Dictionary<string, uint>();
        foreach (var line in FileName.Decode(UntrustedTree.TryRead(root, path, ReadLimit.SystemFile) ?? []).Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                numbers.TryAdd(fields[0], number);
        }

        return numbers;
    }
}
