using System.Reflection;
using System.Reflection.Emit;

namespace KairosBoot.Linux.Tests;

/// <summary>The members and types that the methods of an assembly name in their instructions.</summary>
internal sealed class InstructionScan
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    public static IEnumerable<Use> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All))
        from use in Of(method)
        select use;

    private static IEnumerable<Use> Of(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } body) yield break;
        Type[] typeArguments = method.DeclaringType!.GetGenericArguments();
        Type[] arguments = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : [];
        for (var at = 0; at < body.Length;)
        {
            var code = body[at] == 0xfe ? Codes[(short)(0xfe00 | body[at + 1])] : Codes[body[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return new Use(method, code, method.Module.ResolveMember(BitConverter.ToInt32(body, at), typeArguments, arguments)!);
            }
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(body, at),
                _ => 4,
            };
        }
    }

    /// <summary>One instruction of a method and the member or type in it.</summary>
    internal sealed record Use(MethodBase Method, OpCode Code, MemberInfo Member)
    {
        public string Place { get; } = $"{Method.DeclaringType!.FullName}.{Method.Name}";
    }
}
