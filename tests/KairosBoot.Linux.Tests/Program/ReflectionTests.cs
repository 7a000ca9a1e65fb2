using System.Reflection;
using System.Reflection.Emit;
using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// PID 1 has no reflection: the code that gives names of types and enum values while a program runs is not in it (KairosBoot.Init.csproj),
/// and Enum.ToString is removed by ILLink.Substitutions.xml. A call would fail only in the initrd, so the instructions are searched for it.
/// </summary>
public sealed class ReflectionTests
{
    private static readonly Assembly[] Parts = [typeof(Step).Assembly, typeof(FileHandle).Assembly,
        typeof(KairosBoot.Execution.StepExecutor).Assembly, typeof(StageProblem).Assembly];

    [Fact]
    public void Nothing_in_PID_1_asks_for_the_name_of_an_enum_value_or_a_type()
    {
        // ILLink.Substitutions.xml empties PrintMembers of all records (RecordMembersTests).
        var uses = Parts.SelectMany(InstructionScan.Of).Where(use => use.Method.Name != "PrintMembers").Where(NeedsReflection);
        Assert.Equal("", string.Join("\n", uses.Select(use => $"{use.Place}: {use.Code} {use.Member}")));
    }

    /// <summary>
    /// The parser is the only part of YamlDotNet in PID 1. Its pools create objects by a constructor known to the compiler.
    /// </summary>
    [Fact]
    public void The_YAML_parser_asks_for_no_names_outside_the_methods_that_are_left_out()
    {
        var uses = InstructionScan.Of(typeof(YamlDotNet.Core.Parser).Assembly).Where(NeedsReflection).Select(use => use.Place)
            .Where(place => place.StartsWith("YamlDotNet.Core.", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["YamlDotNet.Core.Emitter.EmitNode", "YamlDotNet.Core.Events.MappingStart.ToString",
            "YamlDotNet.Core.Events.Scalar.ToString", "YamlDotNet.Core.Events.SequenceStart.ToString",
            "YamlDotNet.Core.MergingParser+ParsingEventCloner.Clone",
            "YamlDotNet.Core.ObjectPool.DefaultPooledObjectPolicy`1.Create", "YamlDotNet.Core.ParserExtensions.Require",
            "YamlDotNet.Core.YamlException.ToString"], uses);
    }

    /// <summary>The text of an exception without a message is the name of its type, which is not in the program.</summary>
    [Fact]
    public void Each_exception_of_PID_1_has_a_message()
    {
        var uses = Parts.Append(typeof(YamlDotNet.Core.Parser).Assembly).Append(typeof(ReflectionTests).Assembly)
            .SelectMany(InstructionScan.Of)
            .Where(use => use.Code == OpCodes.Newobj && use.Member is ConstructorInfo made && HasNoMessage(made))
            .Select(use => use.Place).Where(place => !place.StartsWith("YamlDotNet.", StringComparison.Ordinal)
                || place.StartsWith("YamlDotNet.Core.", StringComparison.Ordinal));
        Assert.Equal(["KairosBoot.Linux.Tests.ReflectionTests.Wordless"], uses);
    }

    private static Exception Wordless() => new WordlessException();

    private sealed class WordlessException : Exception;

    /// <summary>Exceptions of the runtime have a message by default, except the base class.</summary>
    private static bool HasNoMessage(ConstructorInfo made) =>
        typeof(Exception).IsAssignableFrom(made.DeclaringType)
        && (made.DeclaringType == typeof(Exception)
            || !made.DeclaringType!.Assembly.GetName().Name!.StartsWith("System.", StringComparison.Ordinal))
        && made.GetParameters().Length == 0;

    /// <summary>Without this, the first two tests could pass because the search finds nothing.</summary>
    [Fact]
    public void The_search_finds_names_of_enum_values_and_types()
    {
        var uses = InstructionScan.Of(typeof(ReflectionTests).Assembly).Where(NeedsReflection).Select(use => use.Place).ToHashSet();
        Assert.Contains("KairosBoot.Linux.Tests.ReflectionTests.EnumName", uses);
        Assert.Contains("KairosBoot.Linux.Tests.ReflectionTests.EnumText", uses);
        Assert.Contains("KairosBoot.Linux.Tests.ReflectionTests.TypeName", uses);
        Assert.Contains("KairosBoot.Linux.Tests.ReflectionTests.ExceptionText", uses);
    }

    private static string EnumName(LogLevel level) => level.ToString();

    private static string EnumText(int number, LogLevel level) => $"{number} {level}";

    private static string TypeName(object value) => value.GetType().Name;

    private static string ExceptionText(int number, Exception error) => $"{number} {error}";

    private static bool NeedsReflection(InstructionScan.Use use) => use.Member switch
    {
        Type { IsEnum: true } => use.Code == OpCodes.Box || use.Code == OpCodes.Constrained,
        MethodInfo method when method.DeclaringType == typeof(Enum) || method.DeclaringType == typeof(Activator) => true,
        MethodInfo { Name: nameof(Type.GetTypeFromHandle) or "op_Equality" } => false,
        MethodInfo method when typeof(MemberInfo).IsAssignableFrom(method.DeclaringType) => true,
        MethodInfo { Name: nameof(ToString) } method => typeof(Exception).IsAssignableFrom(method.DeclaringType),
        MethodInfo { IsGenericMethod: true, Name: "AppendFormatted" } method => method.GetGenericArguments()[0] is var type
            && (type.IsEnum || typeof(Exception).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type)),
        _ => false,
    };
}
