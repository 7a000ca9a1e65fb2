namespace KairosBoot.CloudConfig;

/// <summary>
/// Replaces all matches of a pattern as regexp.ReplaceAllString of Go does: the leftmost match, of several the one that a backtracking
/// search finds first, with <c>$1</c> and <c>${1}</c> for its groups. The number of steps is limited.
/// </summary>
internal sealed class PatternReplacement
{
    private const int MaxSteps = 5_000_000;

    /// <summary>A program position, and where the groups on the way to it start and end.</summary>
    private sealed class Way(int at, int[] slots)
    {
        internal readonly int At = at;
        internal readonly int[] Slots = slots;
    }

    private readonly Pattern pattern;
    private readonly string text;
    private readonly int[] marks;
    private int steps;

    private PatternReplacement(Pattern pattern, string text) => (this.pattern, this.text, marks) = (pattern, text, new int[pattern.Length]);

    /// <exception cref="FormatException">The expression is invalid, or needs more than this program knows.</exception>
    internal static string ReplaceAll(string expression, string text, string replacement)
    {
        var pattern = Pattern.Parse(expression);
        if (pattern.RepeatsEmpty) throw new FormatException("repeats what can be empty");
        foreach (var c in text)
            if (char.IsSurrogate(c)) throw new FormatException("its text has characters above U+FFFF");
        return new PatternReplacement(pattern, text).ReplaceAll(replacement);
    }

    private string ReplaceAll(string replacement)
    {
        var result = new BoundedText();
        var end = 0;
        for (var from = 0; from <= text.Length && Find(from) is { } slots; from = Math.Max(from + 1, end))
        {
            result.Append(text.AsSpan(end, slots[0] - end));
            // An empty match directly after another match does not count.
            if (slots[1] > end || slots[0] == 0) Expand(replacement, slots, result);
            end = slots[1];
        }
        return result.Append(text.AsSpan(end)).ToString();
    }

    private void Expand(string replacement, int[] slots, BoundedText result)
    {
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '$')
            {
                result.Append(replacement.AsSpan(i, 1));
            }
            else if (i + 1 < replacement.Length && replacement[i + 1] == '$')
            {
                result.Append("$");
                i++;
            }
            else if (Name(replacement, i + 1, out var length) is { } name)
            {
                // There are no named groups, and a group that does not exist is empty.
                if (int.TryParse(name, out var group) && group <= pattern.Groups && group.ToString() == name && slots[2 * group] >= 0)
                    result.Append(text.AsSpan(slots[2 * group], slots[2 * group + 1] - slots[2 * group]));
                i += length;
            }
            else
            {
                result.Append("$");
            }
        }
    }

    /// <summary>The name after a dollar sign, with or without braces. Null: the dollar sign is text.</summary>
    private static string? Name(string replacement, int start, out int length)
    {
        var isInBraces = start < replacement.Length && replacement[start] == '{';
        var from = isInBraces ? start + 1 : start;
        var to = from;
        while (to < replacement.Length && (char.IsLetterOrDigit(replacement[to]) || replacement[to] == '_')) to++;
        length = to - start + (isInBraces ? 1 : 0);
        return to == from || isInBraces && (to == replacement.Length || replacement[to] != '}') ? null : replacement[from..to];
    }

    /// <summary>The slots of the first match at or after this index; null: none.</summary>
    private int[]? Find(int from)
    {
        int[]? found = null;
        Array.Clear(marks);
        var current = new List<Way>();
        var next = new List<Way>();
        for (var i = from; i <= text.Length && (found is null || current.Count > 0); i++)
        {
            // The way that starts here comes after all that started before.
            if (found is null) Follow(new Way(0, NewSlots(i)), i, current);
            foreach (var way in current)
            {
                if (pattern[way.At].Kind == InstructionKind.Match)
                {
                    found = With(way.Slots, 1, i);
                    break; // the ways after this one are worse
                }
                if (i < text.Length && pattern.Accepts(way.At, text[i])) Follow(new Way(way.At + 1, way.Slots), i + 1, next);
            }
            (current, next) = (next, current);
            next.Clear();
        }
        return found;
    }

    private int[] NewSlots(int start)
    {
        var slots = new int[2 * pattern.Groups + 2];
        Array.Fill(slots, -1);
        slots[0] = start;
        return slots;
    }

    private static int[] With(int[] slots, int slot, int index)
    {
        var copy = (int[])slots.Clone();
        copy[slot] = index;
        return copy;
    }

    /// <summary>Adds each position that is reachable without a character, the preferred one first.</summary>
    private void Follow(Way start, int index, List<Way> reached)
    {
        var pending = new Stack<Way>();
        pending.Push(start);
        while (pending.TryPop(out var way))
        {
            if (++steps > MaxSteps) throw new FormatException($"takes more than {MaxSteps.ToString()} steps");
            var at = way.At;
            if (marks[at] == index + 1) continue;
            marks[at] = index + 1;
            var instruction = pattern[at];
            switch (instruction.Kind)
            {
                case InstructionKind.Character or InstructionKind.Match: reached.Add(way); break;
                case InstructionKind.Jump: pending.Push(new Way(instruction.Target, way.Slots)); break;
                case InstructionKind.Split or InstructionKind.LazySplit:
                    var isLazy = instruction.Kind == InstructionKind.LazySplit;
                    pending.Push(new Way(isLazy ? at + 1 : instruction.Target, way.Slots));
                    pending.Push(new Way(isLazy ? instruction.Target : at + 1, way.Slots));
                    break;
                case InstructionKind.Save: pending.Push(new Way(at + 1, With(way.Slots, instruction.Slot, index))); break;
                default: if (Pattern.Holds(instruction.Kind, text, index)) pending.Push(new Way(at + 1, way.Slots)); break;
            }
        }
    }
}
