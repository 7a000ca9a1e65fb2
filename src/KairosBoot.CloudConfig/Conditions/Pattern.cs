namespace KairosBoot.CloudConfig;

/// <summary>
/// Unanchored regular expressions as in RE2: no back references and no look-around. The time of a match is linear in the length of the
/// text, so no pattern can hang a boot. Literals, <c>. * + ? {n,m} | ( ) (?: ) (?i) [ ] ^ $ \d \w \s \b</c>.
/// </summary>
internal sealed class Pattern
{
    private readonly List<PatternInstruction> program;
    private readonly bool ignoreCase;

    private Pattern(List<PatternInstruction> program, PatternCompiler compiler)
    {
        this.program = program;
        ignoreCase = compiler.IgnoreCase;
        (Groups, RepeatsEmpty) = (compiler.Groups, compiler.RepeatsEmpty);
    }

    /// <inheritdoc cref="PatternCompiler.Groups"/>
    internal int Groups { get; }

    /// <inheritdoc cref="PatternCompiler.RepeatsEmpty"/>
    internal bool RepeatsEmpty { get; }

    internal int Length => program.Count;

    internal PatternInstruction this[int at] => program[at];

    internal bool Accepts(int at, char c) => program[at].Accepts(c, ignoreCase);

    /// <summary>Throws <see cref="FormatException"/> for an invalid expression.</summary>
    internal static Pattern Parse(string expression)
    {
        var compiler = new PatternCompiler(expression);
        return new Pattern(compiler.Compile(), compiler);
    }

    /// <summary>Steps through the text with the set of all possible program positions.</summary>
    internal bool IsMatch(string text)
    {
        var current = new List<int>();
        var next = new List<int>();
        var marks = new int[program.Count];
        for (var i = 0; i <= text.Length; i++)
        {
            Follow(0, text, i, current, marks);
            next.Clear();
            foreach (var at in current)
            {
                if (program[at].Kind == InstructionKind.Match) return true;
                if (i < text.Length && program[at].Accepts(text[i], ignoreCase)) next.Add(at + 1);
            }
            current.Clear();
            foreach (var at in next) Follow(at, text, i + 1, current, marks);
        }
        return false;
    }

    /// <summary>
    /// Adds each position that is reachable without consuming a character. A mark of index + 1 means: already added for this index.
    /// </summary>
    private void Follow(int start, string text, int index, List<int> reached, int[] marks)
    {
        var pending = new Stack<int>();
        pending.Push(start);
        while (pending.TryPop(out var at))
        {
            if (marks[at] == index + 1) continue;
            marks[at] = index + 1;
            var instruction = program[at];
            switch (instruction.Kind)
            {
                case InstructionKind.Jump: pending.Push(instruction.Target); break;
                case InstructionKind.Split or InstructionKind.LazySplit:
                    pending.Push(instruction.Target);
                    pending.Push(at + 1);
                    break;
                case InstructionKind.Character or InstructionKind.Match: reached.Add(at); break;
                default: if (Holds(instruction.Kind, text, index)) pending.Push(at + 1); break;
            }
        }
    }

    /// <summary>Whether an instruction that takes no character lets a match continue.</summary>
    internal static bool Holds(InstructionKind kind, string text, int index) => kind switch
    {
        InstructionKind.Start => index == 0,
        InstructionKind.End => index == text.Length,
        InstructionKind.WordEdge => IsWordEdge(text, index),
        _ => true,
    };

    private static bool IsWordEdge(string text, int index) =>
        (index > 0 && CharacterSet.IsWord(text[index - 1])) != (index < text.Length && CharacterSet.IsWord(text[index]));
}
