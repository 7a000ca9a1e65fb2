namespace KairosBoot.Init;

/// <summary>
/// Raises the exceptions that the runtime itself throws, and catches them. Parts of the runtime are left out of this program, and without
/// the wrong part such an exception ends the process, which would be PID 1. Only the compiled program can show that; the tests run it.
/// </summary>
internal static class SelfTest
{
    internal const string Verb = "self-test";

    /// <summary>Prints a line for each exception that was caught. Null: this was not asked for.</summary>
    /// <param name="arguments">The verb; the number of further arguments, 0, is a value that the compiler does not know.</param>
    internal static int? Run(string[] arguments)
    {
        if (arguments is not [Verb]) return null;
        var zero = arguments.Length - 1;
        Try("cast", () => ((int[])(object)arguments).Length);
        Try("null", () => (zero == 0 ? null : Verb)!.Length);
        Try("index", () => arguments[zero + 1].Length);
        Try("division", () => 1 / zero);
        Try("overflow", () => checked(int.MaxValue + zero + 1));
        Try("size", () => new int[zero - 1].Length);
        Try("array", () => Store(arguments, zero));
        Try("key", () => new Dictionary<string, int>()[Verb]);
        Try("number", () => int.Parse(Verb));
        Try("range", () => Verb[(Verb.Length + 1 + zero)..].Length);
        Try("disposed", () => Closed().ReadByte());
        Try("plain", () => throw new InvalidOperationException());
        return 0;
    }

    private static int Store(object[] texts, int number)
    {
        texts[number] = new int[number];
        return number;
    }

    private static MemoryStream Closed()
    {
        var stream = new MemoryStream();
        stream.Dispose();
        return stream;
    }

    private static void Try(string name, Func<int> raise)
    {
        try { StageProtocol.Print($"{name}: {raise()}\n"); }
        catch (Exception e) { StageProtocol.Print($"{name} caught: {e.Message}\n"); }
    }
}
