namespace KairosBoot.CloudConfig;

internal enum InstructionKind { Character, Jump, Split, Start, End, WordEdge, Match }

/// <param name="Kind">What it does.</param>
/// <param name="Set">For <see cref="InstructionKind.Character"/>: the accepted characters.</param>
/// <param name="Target">For jumps and splits: the next instruction. A split also continues with the following one.</param>
internal readonly record struct PatternInstruction(InstructionKind Kind, CharacterSet? Set = null, int Target = 0)
{
    internal bool Accepts(char c, bool ignoreCase) => Kind == InstructionKind.Character
        && (Set!.Contains(c) || ignoreCase && (Set.Contains(char.ToLowerInvariant(c)) || Set.Contains(char.ToUpperInvariant(c))));
}
