using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// PID 1 neither prints records nor uses them as keys, and the members that the compiler generates for that are two percent of the
/// program: ILLink.Substitutions.xml empties them, type by type. KAIROSBOOT_WRITE_DOCS=1 writes that part of the file.
/// </summary>
public sealed class RecordMembersTests
{
    private const string Begin = "  <!-- begin generated: members of records -->\n", End = "  <!-- end generated: members of records -->\n";

    private static readonly Type[] Hashed = [typeof(StageProblem)];

    [Fact]
    public void Generated_members_of_records_are_removed_unless_they_are_hashed()
    {
        var path = Path.Combine(TopDirectory(), "src/KairosBoot.Init/ILLink.Substitutions.xml");
        var text = File.ReadAllText(path);
        int start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        var generated = string.Concat(new[] { typeof(Step).Assembly, typeof(FileHandle).Assembly,
            typeof(KairosBoot.Execution.StepExecutor).Assembly, typeof(StageProblem).Assembly }.Select(Text));
        if (Environment.GetEnvironmentVariable("KAIROSBOOT_WRITE_DOCS") == "1")
            File.WriteAllText(path, text[..start] + generated + text[end..]);
        else Assert.Equal(generated, text[start..end]);
    }

    private static string Text(Assembly assembly)
    {
        var text = new StringBuilder($"  <assembly fullname=\"{assembly.GetName().Name}\">\n");
        foreach (var type in assembly.GetTypes().Where(type => !type.IsGenericType).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            List<string> methods = [];
            if (Has(type, "PrintMembers"))
                methods.Add("System.Boolean PrintMembers(System.Text.StringBuilder)\" body=\"stub\" value=\"false");
            if (Has(type, "GetHashCode") && !Hashed.Contains(type)) methods.Add("System.Int32 GetHashCode()\" body=\"stub\" value=\"0");
            if (methods.Count == 0) continue;
            text.Append($"    <type fullname=\"{type.FullName!.Replace('+', '/')}\">\n");
            foreach (var method in methods) text.Append($"      <method signature=\"{method}\" />\n");
            text.Append("    </type>\n");
        }
        return text.Append("  </assembly>\n").ToString();
    }

    private static bool Has(Type type, string method) =>
        type.GetMethod("<Clone>$") is not null || type is { IsValueType: true }
            && type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null
            ? type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Any(found => found.Name == method && found.IsDefined(typeof(CompilerGeneratedAttribute)))
            : false;

    private static string TopDirectory()
    {
        DirectoryInfo? top = new(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(Path.Combine(top.FullName, "KairosBoot.sln"))) top = top.Parent;
        return top?.FullName ?? throw new DirectoryNotFoundException("no KairosBoot.sln above the tests");
    }
}
