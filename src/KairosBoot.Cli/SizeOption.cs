using System.CommandLine;
using System.CommandLine.Parsing;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Options for sizes: bytes, or a number with a binary unit, such as <c>900M</c> or <c>1.5G</c>.</summary>
internal static class SizeOption
{
    internal static Option<long?> Create(string description) => Create("--size", description);

    internal static Option<long?> Create(string name, string description) =>
        new(name) { Description = $"{description}; bytes, or with a binary unit: 900M, 1.5G", HelpName = "SIZE", CustomParser = Parse };

    private static long? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (ByteSize.TryParse(text) is { } size) return size;
        result.AddError($"'{text}' is not a valid size: write a number of bytes, or a number with K, M, G or T");
        return null;
    }
}
