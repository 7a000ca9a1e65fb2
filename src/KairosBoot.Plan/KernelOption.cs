namespace KairosBoot.Plan;

/// <summary>An option of the kernel command line that kairos-boot reads.</summary>
public sealed class KernelOption
{
    private readonly string form = "";
    private readonly int min, max;
    private readonly Func<BootRequestParser, KernelParameter, bool>? parse;
    private readonly Func<BootRequest, int, BootRequest>? withNumber;

    /// <param name="name">As it is written on the command line, without the equals sign.</param>
    /// <param name="form">What its value looks like; the warning about a value of another form says it.</param>
    /// <param name="parse">Changes the request. False: the value is not valid.</param>
    internal KernelOption(string name, string form, Func<BootRequestParser, KernelParameter, bool> parse) =>
        (Name, this.form, this.parse) = (name, form, parse);

    /// <summary>One whose value is a number.</summary>
    internal KernelOption(string name, int min, int max, Func<BootRequest, int, BootRequest> withNumber) =>
        (Name, this.min, this.max, this.withNumber) = (name, min, max, withNumber);

    public string Name { get; }

    /// <summary>What its value looks like, in words. Built here and not in the table: a good command line needs no text.</summary>
    public string Form => withNumber is null ? form : $"a number from {min} to {max}";

    /// <summary>The name that it had in an earlier generation of Kairos and that means the same; null where it had none.</summary>
    public string? FormerName => Name.StartsWith(KernelOptions.Prefix, StringComparison.Ordinal)
        ? string.Concat(KernelOptions.FormerPrefix, Name.AsSpan(KernelOptions.Prefix.Length)) : null;

    /// <returns>False: the value is not valid.</returns>
    internal bool Parse(BootRequestParser parser, KernelParameter parameter)
    {
        if (withNumber is null) return parse!(parser, parameter);
        if (!int.TryParse(parameter.Value, out var number) || number < min || number > max) return false;
        return parser.Set(withNumber(parser.Request, number));
    }
}
