using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.Execution;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// Compares the constants and structures of KairosBoot.Linux with the C headers. The values are read from the assembly; the expected ones
/// are computed by the C compiler in static asserts, so no number is written a second time.
/// </summary>
public sealed partial class HeaderTests
{
    private const BindingFlags Declared =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [GeneratedRegex("^_?[A-Z][A-Z0-9]*(_[A-Za-z0-9_]+|[A-Z0-9]+)$")]
    private static partial Regex CName();

    [GeneratedRegex(@"LibC\.([A-Z][A-Z0-9_]+)\b")]
    private static partial Regex LibraryName();

    [GeneratedRegex(@"^ {8,}const\s+\w+\s+_?[A-Z0-9]+_\w+\s*=", RegexOptions.Multiline)]
    private static partial Regex LocalConstant();

    [Fact]
    public void Constants_have_the_values_of_the_C_headers() =>
        Compile(
            from constant in Constants().Concat(ConstantsAbove())
            where !HeaderRows.WithoutHeader.ContainsKey(constant.Name)
            select Assertion(constant));

    [Fact]
    public void Structures_have_the_layout_of_the_C_headers() =>
        Compile(Structures().Where(type => !HeaderRows.WithoutHeader.ContainsKey(Name(type))).SelectMany(Layout));

    /// <summary>Tmds.LibC has numbers for each processor; those that the code uses are compared too.</summary>
    [Fact]
    public void Constants_of_the_library_have_the_values_of_the_C_headers()
    {
        var library = typeof(Tmds.Linux.LibC);
        var used = Sources().SelectMany(file => LibraryName().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)
            .Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(used);
        Compile(used.Select(name => Equal(name, Number(library.GetProperty(name)?.GetValue(null) ?? library.GetField(name)?.GetValue(null)
            ?? throw new InvalidOperationException($"Tmds.LibC has no {name}")))));
    }

    [Fact]
    public void Every_constant_and_structure_has_a_row()
    {
        var names = Constants().Select(constant => constant.Name).Concat(Structures().Select(Name)).ToList();
        var rows = HeaderRows.Expressions.Keys.Concat(HeaderRows.Rooms.Keys).Concat(HeaderRows.Structures.Keys)
            .Concat(HeaderRows.WithoutHeader.Keys).ToHashSet();
        var without = names.Where(name => !rows.Contains(name) && !CName().IsMatch(Member(name))).ToList();
        Assert.True(without.Count == 0, "no row in HeaderRows: " + string.Join(", ", without));
        var unused = rows.Except(names).Where(name => name != nameof(FileType)).ToList();
        Assert.True(unused.Count == 0, "rows of nothing in HeaderRows: " + string.Join(", ", unused));
    }

    /// <summary>Reflection cannot see constants of methods.</summary>
    [Fact]
    public void No_method_declares_a_constant_of_the_C_headers() =>
        Assert.Empty(
            from file in Sources()
            from match in LocalConstant().Matches(File.ReadAllText(file))
            select file + ":" + match.Value);

    /// <summary>Constants, members of enumerations, and static properties with a number that depends on the processor.</summary>
    private static IEnumerable<(string Name, long Value)> Constants()
    {
        foreach (var type in Types())
        {
            if (type == typeof(FileType)) continue;
            foreach (var field in type.GetFields(Declared).Where(field => field.IsLiteral && field.FieldType != typeof(string)))
                yield return ($"{Name(type)}.{field.Name}", Number(field.GetRawConstantValue()!));
            foreach (var property in type.GetProperties(Declared).Where(property => property.GetMethod!.IsStatic))
            {
                if (property.PropertyType != typeof(OpenFlags) && !CName().IsMatch(property.Name)) continue;
                yield return ($"{Name(type)}.{property.Name}", Number(property.GetValue(null)!));
            }
        }
    }

    /// <summary>Constants with a name of C in the projects above KairosBoot.Linux.</summary>
    private static IEnumerable<(string Name, long Value)> ConstantsAbove() =>
        from assembly in (Assembly[])[typeof(StepExecutor).Assembly, typeof(StageProblem).Assembly]
        from type in assembly.GetTypes()
        from field in type.GetFields(Declared)
        where field.IsLiteral && field.FieldType != typeof(string) && field.Name.Contains('_') && CName().IsMatch(field.Name)
        select ($"{Name(type)}.{field.Name}", Number(field.GetRawConstantValue()!));

    private static IEnumerable<Type> Structures() => Types().Where(type => type is { IsValueType: true, IsEnum: false });

    private static IEnumerable<Type> Types() => typeof(Syscall).Assembly.GetTypes()
        .Where(type => !type.FullName!.Contains('<') && type.Namespace == "KairosBoot.Linux").OrderBy(Name, StringComparer.Ordinal);

    private static string Assertion((string Name, long Value) constant) =>
        HeaderRows.Rooms.TryGetValue(constant.Name, out var type)
            ? $"_Static_assert(sizeof({type}) <= {constant.Value}, \"{constant.Name}\");"
        : Equal(HeaderRows.Expressions.GetValueOrDefault(constant.Name, Member(constant.Name)), constant.Value, constant.Name);

    /// <summary>Size of the structure; offset and size of each field.</summary>
    private static IEnumerable<string> Layout(Type type)
    {
        var (name, members) = HeaderRows.Structures[Name(type)];
        yield return Equal($"sizeof({name})", Marshal.SizeOf(type), Name(type));
        var memberOf = members.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            Assert.True(memberOf.TryGetValue(field.Name, out var member), $"the row of {Name(type)} has no field {field.Name}");
            yield return Equal($"offsetof({name}, {member})", Marshal.OffsetOf(type, field.Name), $"{Name(type)}.{field.Name}");
            yield return Equal($"sizeof((({name} *)0)->{member})", Size(field), $"{Name(type)}.{field.Name}");
        }
    }

    private static int Size(FieldInfo field) => field.FieldType.IsPointer ? IntPtr.Size
        : field.GetCustomAttribute<FixedBufferAttribute>() is { } buffer ? buffer.Length * Marshal.SizeOf(buffer.ElementType)
        : Marshal.SizeOf(field.FieldType);

    /// <summary>Runs the C compiler, without any code of this product: a wrong constant must not hide its own message.</summary>
    private static void Compile(IEnumerable<string> assertions)
    {
        var includes = HeaderRows.Headers.Select(header => $"#include <{header}>");
        var source = string.Join('\n', ["#define _GNU_SOURCE", .. includes, .. assertions, ""]);
        var start = new ProcessStartInfo("gcc", ["-x", "c", "-c", "-o", "/dev/null", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var gcc = Process.Start(start)!;
        var errors = gcc.StandardError.ReadToEndAsync();
        gcc.StandardInput.Write(source);
        gcc.StandardInput.Close();
        gcc.WaitForExit();
        Assert.True(gcc.ExitCode == 0, errors.Result);
    }

    private static string Equal(string expression, long value, string name = "") =>
        $"_Static_assert(({expression}) == {value}LL, \"{name} is {value}\");";

    private static long Number(object value) => value is OpenFlags flags ? flags.Value : Convert.ToInt64(value);

    private static string Name(Type type) => type.FullName![(type.Namespace is { } space ? space.Length + 1 : 0)..].Replace('+', '.');

    private static string Member(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static IEnumerable<string> Sources()
    {
        DirectoryInfo? top = new(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(Path.Combine(top.FullName, "KairosBoot.sln"))) top = top.Parent;
        if (top is null) throw new DirectoryNotFoundException("no KairosBoot.sln above the tests");
        var directory = Path.Combine(top.FullName, "src/KairosBoot.Linux");
        return Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/") && !file.Contains("/bin/")).Order(StringComparer.Ordinal);
    }
}
