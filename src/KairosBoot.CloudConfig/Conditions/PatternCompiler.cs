namespace KairosBoot.CloudConfig;

/// <summary>A recursive descent parser that emits Thompson's instructions.</summary>
internal sealed class PatternCompiler(string expression)
{
    private const int MaxProgram = 10_000, MaxRepeat = 1000, MaxNesting = 50;

    private readonly List<PatternInstruction> program = [];
    private int position, nesting;

    internal bool IgnoreCase { get; private set; }

    /// <summary>Capturing groups.</summary>
    internal int Groups { get; private set; }

    /// <summary>Something that can match an empty text is repeated.</summary>
    internal bool RepeatsEmpty { get; private set; }

    internal List<PatternInstruction> Compile()
    {
        // The flag is supported only at the start, for the whole expression.
        if (expression.StartsWith("(?i)", StringComparison.Ordinal)) (IgnoreCase, position) = (true, 4);
        Alternatives();
        if (position < expression.Length) throw new FormatException("')' without '('");
        Emit(new(InstructionKind.Match));
        return program;
    }

    private bool At(char c) => position < expression.Length && expression[position] == c;

    private bool Take(char c)
    {
        if (!At(c)) return false;
        position++;
        return true;
    }

    private char Next() => position < expression.Length ? expression[position++] : throw new FormatException("ends too early");

    private void Emit(PatternInstruction instruction)
    {
        if (program.Count == MaxProgram) throw new FormatException("too large");
        program.Add(instruction);
    }

    private void Alternatives()
    {
        if (++nesting > MaxNesting) throw new FormatException("nested too deeply");
        var start = program.Count;
        var ends = new List<int>();
        Sequence();
        while (Take('|'))
        {
            Insert(start, new(InstructionKind.Split, Target: program.Count + 2));
            ends.Add(program.Count);
            Emit(new(InstructionKind.Jump));
            start = program.Count;
            Sequence();
        }
        foreach (var end in ends) program[end] = new(InstructionKind.Jump, Target: program.Count);
        nesting--;
    }

    private void Sequence()
    {
        while (position < expression.Length && !At('|') && !At(')'))
        {
            var start = program.Count;
            Atom();
            while (Repetition(start)) { }
        }
    }

    private void Atom()
    {
        switch (Next())
        {
            case '(': Group(); break;
            case '[': Emit(new(InstructionKind.Character, Class())); break;
            case '.': Emit(new(InstructionKind.Character, Not('\n'))); break;
            case '^': Emit(new(InstructionKind.Start)); break;
            case '$': Emit(new(InstructionKind.End)); break;
            case '\\': Escape(); break;
            case '*' or '+' or '?': throw new FormatException("nothing to repeat");
            case var c: Emit(new(InstructionKind.Character, CharacterSet.Of(c))); break;
        }
    }

    private void Group()
    {
        var isOnlyGroup = Take('?');
        if (isOnlyGroup && !Take(':')) throw new FormatException("'(?' is supported only as '(?:' and, at the start, '(?i)'");
        var slot = isOnlyGroup ? 0 : 2 * ++Groups;
        if (!isOnlyGroup) Emit(new(InstructionKind.Save, Slot: slot));
        Alternatives();
        if (!Take(')')) throw new FormatException("'(' is not closed");
        if (!isOnlyGroup) Emit(new(InstructionKind.Save, Slot: slot + 1));
    }

    private static CharacterSet Not(char c)
    {
        var set = CharacterSet.Of(c);
        set.Negated = true;
        return set;
    }

    private void Escape()
    {
        var c = Next();
        var set = new CharacterSet();
        if (c == 'b') Emit(new(InstructionKind.WordEdge));
        else if (c is 'A') Emit(new(InstructionKind.Start));
        else if (c is 'z') Emit(new(InstructionKind.End));
        else if (set.AddClass(c)) Emit(new(InstructionKind.Character, set));
        else Emit(new(InstructionKind.Character, CharacterSet.Of(Literal(c))));
    }

    private static char Literal(char escaped) => escaped switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\f',
        'v' => '\v',
        _ when char.IsAsciiLetterOrDigit(escaped) => throw new FormatException($"unknown escape '\\{escaped}'"),
        _ => escaped,
    };

    private CharacterSet Class()
    {
        var set = new CharacterSet { Negated = Take('^') };
        for (var first = true; first || !At(']'); first = false)
        {
            var c = Next();
            if (c == '[' && At(':'))
            {
                NamedClass(set);
                continue;
            }
            if (c == '\\')
            {
                c = Next();
                if (set.AddClass(c)) continue;
                c = Literal(c);
            }
            var last = c;
            if (At('-') && position + 1 < expression.Length && expression[position + 1] != ']')
            {
                position++;
                last = Next();
                if (last == '\\') last = Literal(Next());
            }
            if (last < c) throw new FormatException("a range is in the wrong order");
            set.Add(c, last);
        }
        position++;
        return set;
    }

    private void NamedClass(CharacterSet set)
    {
        var end = expression.IndexOf(":]", position, StringComparison.Ordinal);
        if (end < 0) throw new FormatException("'[:' is not closed");
        var name = expression[(position + 1)..end];
        if (!set.AddNamed(name)) throw new FormatException($"unknown class '[:{name}:]'");
        position = end + 2;
    }

    /// <summary>Applies one repetition operator to the instructions from <paramref name="start"/>. False: no operator here.</summary>
    private bool Repetition(int start)
    {
        if (Take('*')) Repeat(start, 0, null);
        else if (Take('+')) Repeat(start, 1, null);
        else if (Take('?')) Repeat(start, 0, 1);
        else if (At('{') && Counts() is var (min, max)) Repeat(start, min, max);
        else return false;
        return true;
    }

    /// <summary><c>{n}</c>, <c>{n,}</c>, <c>{n,m}</c>; any other text is literal, as in RE2.</summary>
    private (int Min, int? Max)? Counts()
    {
        var end = expression.IndexOf('}', position);
        if (end < 0) return null;
        var text = expression.AsSpan(position + 1, end - position - 1);
        var comma = text.IndexOf(',');
        if (!int.TryParse(comma < 0 ? text : text[..comma], out var min)) return null;
        var max = min;
        var open = comma >= 0 && comma + 1 == text.Length;
        if (comma >= 0 && !open && !int.TryParse(text[(comma + 1)..], out max)) return null;
        if (min < 0 || min > MaxRepeat || max > MaxRepeat || !open && max < min) throw new FormatException("bad repeat count");
        position = end + 1;
        return (min, open ? null : max);
    }

    private void Repeat(int start, int min, int? max)
    {
        var split = Take('?') ? InstructionKind.LazySplit : InstructionKind.Split;
        RepeatsEmpty |= max != 1 && CanBeEmpty(start);
        var body = program.GetRange(start, program.Count - start);
        program.RemoveRange(start, body.Count);
        for (var i = 0; i < min; i++) Append(body, start);
        if (max is null)
        {
            var loop = program.Count;
            Emit(new(split, Target: loop + body.Count + 2));
            Append(body, start);
            Emit(new(InstructionKind.Jump, Target: loop));
        }
        // Each split leaves all that follow, so a lazy one does not prefer few repetitions to the first alternative.
        for (var i = min; i < max; i++)
        {
            Emit(new(split, Target: program.Count + (max.Value - i) * (body.Count + 1)));
            Append(body, start);
        }
    }

    /// <summary>Whether the instructions from <paramref name="start"/> can reach their end without a character.</summary>
    private bool CanBeEmpty(int start)
    {
        var pending = new Stack<int>();
        var seen = new bool[program.Count - start];
        pending.Push(start);
        while (pending.TryPop(out var at))
        {
            if (at == program.Count) return true;
            if (seen[at - start] || program[at].Kind == InstructionKind.Character) continue;
            seen[at - start] = true;
            if (program[at].Kind is InstructionKind.Jump or InstructionKind.Split or InstructionKind.LazySplit)
                pending.Push(program[at].Target);
            if (program[at].Kind != InstructionKind.Jump) pending.Push(at + 1);
        }
        return false;
    }

    /// <summary>Appends a copy of instructions that were compiled for the position <paramref name="origin"/>.</summary>
    private void Append(List<PatternInstruction> body, int origin)
    {
        var shift = program.Count - origin;
        foreach (var instruction in body) Emit(instruction with { Target = instruction.Target + shift });
    }

    private void Insert(int at, PatternInstruction instruction)
    {
        if (program.Count == MaxProgram) throw new FormatException("too large");
        program.Insert(at, instruction);
        for (var i = at + 1; i < program.Count; i++) program[i] = program[i] with { Target = program[i].Target + 1 };
    }
}
