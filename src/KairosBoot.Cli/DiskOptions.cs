using System.CommandLine;
using System.CommandLine.Parsing;
using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary>Options that say what a disk is to look like, whether it is a file or a device.</summary>
internal sealed class DiskOptions
{
    private readonly Option<long?> oem = SizeOption.Create("--size-oem", "Size of COS_OEM (default: 64M)");
    private readonly Option<long?> recovery = SizeOption.Create("--size-recovery", "Size of COS_RECOVERY (default: what its image needs, twice)");
    private readonly Option<long?> state = SizeOption.Create("--size-state", "Size of COS_STATE (default: what the image needs, three times)");
    private readonly Option<long?> persistent = SizeOption.Create("--size-persistent", "Size of COS_PERSISTENT (default: the rest)");
    private readonly Option<ExtraPartition[]> extra = new("--extra-partition")
    {
        Description = "A partition of your own, with ext4 or ext2, ext3, none; may be given several times", HelpName = "LABEL:SIZE[:FS]", CustomParser = ParseExtra,
    };

    internal Option<string?> Recovery { get; } = new("--recovery") { Description = "The recovery image (default: the OS image)", HelpName = "FILE" };

    internal Option<string[]> CloudConfigs { get; } = new("--cloud-config") { Description = "A document for /oem; may be given several times", HelpName = "FILE" };

    internal Option<string> Append { get; } = new("--append") { Description = "Kernel arguments of the machine, for every boot: kboot kargs has them then", HelpName = "ARGS", DefaultValueFactory = _ => "" };

    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { Recovery, CloudConfigs, Append, oem, recovery, state, persistent, extra })
            command.Options.Add(option);
    }

    internal DiskSizes Sizes(ParseResult parsed) =>
        new(parsed.GetValue(oem), parsed.GetValue(recovery), parsed.GetValue(state), parsed.GetValue(persistent)) { Extra = parsed.GetValue(extra) ?? [] };

    private static ExtraPartition[]? ParseExtra(ArgumentResult result)
    {
        var partitions = new List<ExtraPartition>();
        foreach (var token in result.Tokens)
        {
            if (token.Value.Split(':') is [var label, var size, .. var rest] && SizeOption.TryParse(size) is { } bytes && rest.Length < 2)
            {
                partitions.Add(new ExtraPartition(label, bytes, rest.Length == 0 ? ExtraPartition.DefaultFileSystem : rest[0]));
            }
            else
            {
                result.AddError($"'{token.Value}' is not a partition: give LABEL:SIZE or LABEL:SIZE:FS, as DATA:4G");
                return null;
            }
        }

        return [.. partitions];
    }
}
