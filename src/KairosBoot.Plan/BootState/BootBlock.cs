using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>The boot counters as read from <c>/bootstate</c> on COS_STATE, an <see cref="EnvironmentBlock"/>.</summary>
/// <param name="Counters">The values in the file; the default of a fresh image for each value that is missing or invalid.</param>
/// <param name="Problem">What is wrong with the file, as a predicate that follows its name: <c>is missing</c>. Null: nothing.</param>
public sealed record BootBlock(BootCounters Counters, string? Problem)
{
    /// <summary>
    /// False: the file is not a block of the right size. Neither GRUB nor kairos-boot can count in it until it is recreated.
    /// </summary>
    public bool Usable { get; init; } = true;

    public static BootBlock Unusable(string problem) => new(new BootCounters(), problem) { Usable = false };

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
            BootId = Value("boot_id", IsBootId),
        };
        foreach (var slot in counters.Order)
        {
            var name = slot.Name();
            var left = Value(name + "_left", value => value is "0" or "1" or "2" or "3");
            var good = Value(name + "_ok", value => value is "0" or "1");
            var image = Value(name + "_id", IsImage);
            counters = counters.With(slot, new(left.Length == 0 ? BootCounter.Full : left[0] - '0', good == "1", image));
        }
        return new(counters, problems.Count == 0 ? null : "has invalid values: " + string.Join(", ", problems));
    }

    /// <summary>The whole file.</summary>
    public static byte[] Write(BootCounters counters)
    {
        var variables = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var slot in (ReadOnlySpan<Slot>)[Slot.Active, Slot.Passive, Slot.Recovery])
        {
            var (name, counter) = (slot.Name(), counters[slot]);
            variables.Add(new(name + "_left", ((char)('0' + counter.Left)).ToString()));
            variables.Add(new(name + "_ok", counter.Good ? "1" : "0"));
            variables.Add(new(name + "_id", counter.Image));
        }
        variables.Add(new("first_slot", counters.First.Name()));
        variables.Add(new("next_slot", counters.Once?.Name() ?? ""));
        variables.Add(new("last_slot", counters.Last?.Name() ?? ""));
        variables.Add(new("fail", counters.Fault?.ToString() ?? ""));
        variables.Add(new("pinned", counters.Pinned));
        // A new disk has no id: its bytes depend on nothing but its inputs.
        if (counters.BootId.Length > 0) variables.Add(new("boot_id", counters.BootId));
        return new EnvironmentBlock(variables.ToImmutable()).ToBytes();
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
