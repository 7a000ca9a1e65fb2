using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The boot counters as read from <c>/bootstate</c> on COS_STATE, an <see cref="EnvironmentBlock"/>.</summary>
/// <param name="Counters">The values in the file; the default of a fresh image for each value that is missing or invalid.</param>
/// <param name="Problem">What is wrong with the file, as a predicate that follows its name: <c>is missing</c>. Null: nothing.</param>
public sealed record BootBlock(BootCounters Counters, string? Problem)
{
    private const string BootIdName = "boot_id", KnownName = "known", ShowMenuName = "show_menu";

    // What the longest counters leave of a sector.
    private const int MaxOthers = 58;

    /// <summary>
    /// False: the file is not a block of the right size. Neither GRUB nor kairos-boot can count in it until it is recreated.
    /// </summary>
    public bool Usable { get; init; } = true;

    /// <summary>The file does not exist: this machine counts no attempts.</summary>
    public bool IsMissing { get; private init; }

    /// <summary>Variables of other programs, or of a later version. Every writer keeps them.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Others { get; private init; } = [];

    public static BootBlock Missing => Unusable("is missing") with { IsMissing = true };

    public static BootBlock Unusable(string problem) => new(new BootCounters(), problem) { Usable = false };

    /// <summary>The block after its counters were changed.</summary>
    public BootBlock With(BootCounters counters) => new(counters, null) { Others = Others };

    /// <summary>
    /// Reads the known variables and ignores all others. An invalid value is ignored and reported in <see cref="Problem"/>.
    /// </summary>
    /// <param name="file">The whole file.</param>
    public static BootBlock Read(ReadOnlySpan<byte> file)
    {
        if (file.Length != EnvironmentBlock.Bytes) return Unusable($"is {file.Length} bytes long instead of {EnvironmentBlock.Bytes}");
        return EnvironmentBlock.TryParse(file) is { } block ? Read(block) : Unusable("is not a GRUB environment block");
    }

    private static BootBlock Read(EnvironmentBlock block)
    {
        var problems = new List<string>();
        string Value(string name, Func<string, bool> possible)
        {
            if (block[name] is not { Length: > 0 } value) return "";
            if (possible(value)) return value;
            problems.Add(name);
            return "";
        }
        Slot? SlotOf(string name) => SlotNames.TryParse(Value(name, value => SlotNames.TryParse(value) is not null));

        var counters = new BootCounters
        {
            First = SlotOf("first_slot") ?? Slot.Active, Once = SlotOf("next_slot"), Last = SlotOf("last_slot"),
            Fault = SlotFault.TryParse(Value("fail", value => SlotFault.TryParse(value) is not null)),
            Pinned = Value("pinned", value => value != BootCounter.NoImage && IsImage(value)),
            BootId = Value(BootIdName, IsBootId),
            VolumeFault = VolumeFault.TryParse(Value("vol_fail", value => VolumeFault.TryParse(value) is not null)),
            ShowMenu = Value(ShowMenuName, value => value is "0" or "1") == "1",
            Stops = Value("stops", value => value is "0" or "1" or "2" or "3") is { Length: > 0 } stops ? stops[0] - '0' : 0,
        };
        var known = Value(KnownName, IsKnown);
        foreach (var slot in counters.Order)
        {
            var name = slot.Name();
            var left = Value(name + "_left", value => value is "0" or "1" or "2" or "3");
            var good = Value(name + "_ok", value => value is "0" or "1");
            var image = Value(name + "_id", IsImage);
            counters = counters.With(slot, new(left.Length == 0 ? BootCounter.Full : left[0] - '0', good == "1", image)
            {
                Known = known.Length == 0 ? 0 : known[(int)slot] - '0',
            });
        }
        return new(counters, problems.Count == 0 ? null : "has invalid values: " + string.Join(", ", problems))
        {
            Others = OthersIn(block),
        };
    }

    // What others could not fit into the file is left out: the counters are more important.
    private static ImmutableArray<KeyValuePair<string, string>> OthersIn(EnvironmentBlock block)
    {
        var others = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var room = MaxOthers;
        foreach (var (name, _) in block.Variables)
        {
            var value = block[name] ?? "";
            // Twice: a backslash may precede each character.
            var length = name.Length + 2 * value.Length + 2;
            if (IsOwn(name) || !IsName(name) || length > room || Contains(others, name)) continue;
            room -= length;
            others.Add(new(name, value));
        }
        return others.ToImmutable();
    }

    private static bool Contains(ImmutableArray<KeyValuePair<string, string>>.Builder variables, string name)
    {
        foreach (var variable in variables)
            if (variable.Key == name) return true;
        return false;
    }

    private static bool IsName(string name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_') return false;
        return name.Length > 0;
    }

    private static bool IsOwn(string name)
    {
        foreach (var variable in Variables(new BootCounters()))
            if (variable.Key == name) return true;
        return name is BootIdName or KnownName or ShowMenuName;
    }

    /// <summary>The whole file.</summary>
    public static byte[] Write(BootCounters counters) => new EnvironmentBlock(Variables(counters)).ToBytes();

    /// <summary>The whole file, with the variables of others.</summary>
    public byte[] Write() => new EnvironmentBlock(Variables(Counters).AddRange(Others)).ToBytes();

    private static ImmutableArray<KeyValuePair<string, string>> Variables(BootCounters counters)
    {
        var variables = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var known = "";
        foreach (var slot in AllSlots)
        {
            var (name, counter) = (slot.Name(), counters[slot]);
            Add(variables, [name + "_left", Digit(counter.Left), name + "_ok", counter.Good ? "1" : "0", name + "_id", counter.Image]);
            known += Digit(counter.Known);
        }

        Add(variables,
        [
            "first_slot", counters.First.Name(), "next_slot", counters.Once?.Name() ?? "", "last_slot", counters.Last?.Name() ?? "",
            "fail", counters.Fault?.ToString() ?? "", "pinned", counters.Pinned,
            // A new disk has no id: its bytes depend on nothing but its inputs.
            counters.BootId.Length > 0 ? BootIdName : "", counters.BootId, known == "000" ? "" : KnownName, known,
            "vol_fail", counters.VolumeFault?.ToString() ?? "", "stops", Digit(counters.Stops), counters.ShowMenu ? ShowMenuName : "", "1",
        ]);
        return variables.ToImmutable();
    }

    /// <summary>Adds variables, each as its name and its value; a variable without a name is left out.</summary>
    private static void Add(ImmutableArray<KeyValuePair<string, string>>.Builder variables, ReadOnlySpan<string> pairs)
    {
        for (var i = 0; i < pairs.Length; i += 2)
            if (pairs[i].Length > 0) variables.Add(new(pairs[i], pairs[i + 1]));
    }

    private static string Digit(int number) => ((char)('0' + number)).ToString();

    private static ReadOnlySpan<Slot> AllSlots => [Slot.Active, Slot.Passive, Slot.Recovery];

    private static bool IsKnown(string value)
    {
        foreach (var c in value)
            if (c is < '0' or > '3') return false;
        return value.Length == AllSlots.Length;
    }

    /// <summary>The form of a boot id: 32 hexadecimal digits in lower case.</summary>
    public static bool IsBootId(string value) => value.Length == 32 && IsHex(value);

    private static bool IsImage(string value) =>
        value == BootCounter.NoImage || (IsHex(value) && value == BootCounter.IdOf(value));

    private static bool IsHex(string value)
    {
        foreach (var c in value)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }
}
