using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Root changes nothing by path name where somebody else can shape the path: such calls stand in the walker and its relatives, and in the places below,
/// where nobody else can. A new call in another file fails here; so does a line of the list that no call needs any more.
/// </summary>
public sealed class PathNameTests
{
    private static readonly (string Call, string Pattern)[] Calls =
    [
        ("mode, owner or node", @"Syscall\.(ChMod|ChOwn|LChOwn|MkNod)\(\s*(?!\w*(file|File|handle|Handle|made|home|found|link|directory|opened|child|target|store)\b)"),
        ("names", @"Syscall\.(MkDir|MakeDirectories|RmDir|Unlink|Rename|Exchange|Symlink|Link|LUTimes)\("),
        ("attributes", @"ExtendedAttributes\.(Set|Copy|RemoveOthers)\(\s*(?!\w*(file|File|handle|Handle|from|to)\b)"),
        ("mount", @"Syscall\.Mount\("),
        ("open for writing", @"(?<![A-Za-z])Open\([^;]*OpenFlags\.(WriteOnly|ReadWrite|Create|Truncate|Append)|FileText\.(Write|Append|WriteAttribute)\("),
        ("framework", @"\b(File|Directory)\.(Write|Create|Copy|Move|Delete|Append|Set|Replace|OpenWrite)[A-Za-z]*\(|new FileStream\("),
        ("process", @"Process\.Start\(|new ProcessStartInfo|ChildProcess\.(Run|Start)\(|posix_spawn\(|Native\.fork\("),
    ];

    private static readonly (string File, string Call, string Reason)[] Exceptions =
    [
    ];

    [Fact]
    public void Calls_by_path_name_stand_only_where_nobody_else_shapes_the_path()
    {
        var found = (from call in Calls
                     from file in Sources.All
                     where !file.Path.StartsWith("KairosBoot.Linux/Syscall", StringComparison.Ordinal) && Regex.IsMatch(file.Text, call.Pattern, RegexOptions.Singleline)
                     select $"{file.Path}: {call.Call}").ToHashSet();
        var allowed = Exceptions.Select(row => $"{row.File}: {row.Call}").ToHashSet();
        Assert.Empty(found.Except(allowed).Order());
        Assert.Empty(allowed.Except(found).Order());
        Assert.Equal(Exceptions.Length, allowed.Count);
        Assert.All(Exceptions, row => Assert.True(row.Reason.Length > 20, row.File));
    }
}
