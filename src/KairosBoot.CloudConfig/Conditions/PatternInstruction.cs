namespace KairosBoot.CloudConfig;

internal enum InstructionKind { Character, Jump, Split, LazySplit, Save, Start, End, WordEdge, Match }

/// <param name="Kind">What it does.</param>
/// <param name="Set">For <see cref="InstructionKind.Character"/>: the accepted characters.</param>
/// <param name="Target">For jumps and splits: the next instruction. A split prefers the following one, a lazy split
/// prefers this one.</param>
/// <param name="Slot">For <see cref="InstructionKind.Save"/>: twice the number of the group, plus 1 at its end.</param>
internal readonly record struct PatternInstruction(InstructionKind Kind, CharacterSet? Set = null, int Target = 0, int Slot = 0)
{
    internal bool Accepts(char c, bool ignoreCase) => Kind == InstructionKind.Character
        && (Set!.Contains(c) || ignoreCase && (Set.Contains(char.ToLowerInvariant(c)) || Set.Contains(char.ToUpperInvariant(c))));
}
