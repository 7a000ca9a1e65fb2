using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Kernel arguments that belong to a machine and not to its images: for all slots, and for one slot. GRUB reads them from an
/// <see cref="EnvironmentBlock"/> and appends them to its own and the image's arguments, so that the machine's value is the last one.
/// </summary>
public sealed record Kargs
{
    /// <summary>
    /// What GRUB accepts for all slots and one slot together. The kernel command line has 2048 characters, and the menu's own words need
    /// some of them.
    /// </summary>
    public const int MaxCharacters = 900;

    private static readonly ImmutableArray<Slot?> Kinds = [null, Slot.Active, Slot.Passive, Slot.Recovery];

    private readonly ImmutableArray<ImmutableArray<string>> words = [[], [], [], []];

    /// <summary>Grows with every change. Identifies the arguments that a boot had.</summary>
    public int Serial { get; init; }

    /// <param name="slot">Null: the arguments of every slot.</param>
    public ImmutableArray<string> this[Slot? slot] => words[Kinds.IndexOf(slot)];

    /// <summary>True if there are no arguments at all.</summary>
    public bool IsEmpty
    {
        get
        {
            foreach (var kind in words)
                if (!kind.IsEmpty) return false;
            return true;
        }
    }

    private Kargs(ImmutableArray<ImmutableArray<string>> words) => this.words = words;

    public Kargs() { }

    public Kargs With(Slot? slot, ImmutableArray<string> arguments) => new(words.SetItem(Kinds.IndexOf(slot), arguments)) { Serial = Serial };

    /// <summary>True for the same arguments; their serials are not compared.</summary>
    public bool SameAs(Kargs other)
    {
        foreach (var kind in Kinds)
            if (!this[kind].SequenceEqual(other[kind])) return false;
        return true;
    }

    /// <summary>Appends a word. If the word exists, it moves to the end, where it is the last of its name.</summary>
    public Kargs Add(Slot? slot, string word) => With(slot, this[slot].Remove(word).Add(word));

    /// <summary>Removes a word; for a name without a value, all words of that name.</summary>
    public Kargs Remove(Slot? slot, string word) =>
        With(slot, this[slot].RemoveAll(other => other == word || (!word.Contains('=') && other.StartsWith(word + "=", StringComparison.Ordinal))));

    /// <summary>Null: the file is not an environment block.</summary>
    public static Kargs? TryRead(ReadOnlySpan<byte> file)
    {
        if (EnvironmentBlock.TryParse(file) is not { } block) return null;
        var arguments = new Kargs { Serial = int.TryParse(block["kargs_serial"], out var serial) ? serial : 0 };
        foreach (var kind in Kinds)
            arguments = arguments.With(kind, [.. (block[Variable(kind)] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return arguments;
    }

    /// <summary>The whole file.</summary>
    public byte[] Write()
    {
        var variables = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        variables.Add(new("kargs_serial", Serial.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        foreach (var kind in Kinds) variables.Add(new(Variable(kind), string.Join(' ', this[kind])));
        return new EnvironmentBlock(variables.ToImmutable()).ToBytes(Bytes);
    }

    /// <summary>Why the arguments cannot be used, as a sentence; null: they can be used.</summary>
    public string? Problem
    {
        get
        {
            foreach (var kind in Kinds)
            {
                foreach (var word in this[kind])
                    if (Karg.Problem(word) is { } problem) return problem;
                var length = string.Join(' ', [.. this[null], .. kind is null ? [] : this[kind]]).Length;
                if (length > MaxCharacters)
                    return $"the arguments have {length} characters; at most {MaxCharacters} fit on the kernel command line";
            }
            return null;
        }
    }

    // Enough for four lists of the maximum length and their names. The file is replaced as a whole, not overwritten in place.
    private const int Bytes = 4096;

    private static string Variable(Slot? kind) => kind is { } slot ? "kargs_" + slot.Name() : "kargs";
}
