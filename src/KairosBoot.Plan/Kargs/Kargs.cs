using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Kernel arguments that belong to a machine and not to its images: for every slot, and for one. GRUB reads them from an
/// <see cref="EnvironmentBlock"/> and puts them behind its own and the image's, so that the machine has the last word.
/// </summary>
public sealed record Kargs
{
    /// <summary>What GRUB takes, all slots together with one; the kernel has room for 2048, the menu's own words among them.</summary>
    public const int MaxCharacters = 900;

    private static readonly ImmutableArray<Slot?> Kinds = [null, Slot.Active, Slot.Passive, Slot.Recovery];

    private readonly ImmutableArray<ImmutableArray<string>> words = [[], [], [], []];

    /// <summary>Grows with every change: it tells which arguments a boot had.</summary>
    public int Serial { get; init; }

    /// <param name="slot">Null: those of every slot.</param>
    public ImmutableArray<string> this[Slot? slot] => words[Kinds.IndexOf(slot)];

    /// <summary>True where there is not one argument.</summary>
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

    /// <summary>The same arguments, whatever their serials.</summary>
    public bool SameAs(Kargs other)
    {
        foreach (var kind in Kinds)
            if (!this[kind].SequenceEqual(other[kind])) return false;
        return true;
    }

    /// <summary>Adds a word behind the others. One that is there already goes to the end, where it is the last of its name.</summary>
    public Kargs Add(Slot? slot, string word) => With(slot, this[slot].Remove(word).Add(word));

    /// <summary>Takes a word away, or, for a name without a value, all words of that name.</summary>
    public Kargs Remove(Slot? slot, string word) =>
        With(slot, this[slot].RemoveAll(other => other == word || (!word.Contains('=') && other.StartsWith(word + "=", StringComparison.Ordinal))));

    /// <summary>Null: the file is none.</summary>
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

    /// <summary>Why the arguments cannot be used, as a sentence; null where they can.</summary>
    public string? Problem
    {
        get
        {
            foreach (var kind in Kinds)
            {
                foreach (var word in this[kind])
                    if (Karg.Problem(word) is { } problem) return problem;
                var length = string.Join(' ', [.. this[null], .. kind is null ? [] : this[kind]]).Length;
                if (length > MaxCharacters) return $"{length} characters are too long for the kernel's command line: {MaxCharacters} at most";
            }
            return null;
        }
    }

    // Four lists of the most characters, and their names. It is replaced as a whole file, not written over in place.
    private const int Bytes = 4096;

    private static string Variable(Slot? kind) => kind is { } slot ? "kargs_" + slot.Name() : "kargs";
}
