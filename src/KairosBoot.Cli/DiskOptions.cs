using System.CommandLine;
using System.CommandLine.Parsing;
using KairosBoot.Image;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Options for the content of a disk, for <c>disk build</c> and <c>install</c>.</summary>
internal sealed class DiskOptions
{
    private readonly Option<long?> oem = SizeOption.Create("--size-oem", "Size of COS_OEM (default: 64M)");
    private readonly Option<long?> recovery =
        SizeOption.Create("--size-recovery", "Size of COS_RECOVERY (default: room for two recovery images)");
    private readonly Option<long?> state = SizeOption.Create("--size-state", "Size of COS_STATE (default: room for three OS images)");
    private readonly Option<long?> persistent =
        SizeOption.Create("--size-persistent", "Size of COS_PERSISTENT (default: the rest of the disk)");
    private readonly Option<ExtraPartition[]> extra = new("--extra-partition")
    {
        Description = "Add a partition with the file system ext2, ext3, ext4, xfs, vfat or none (default: ext4); size 0: the rest " +
            "of the disk; may be repeated",
        HelpName = "LABEL:SIZE[:FS]", CustomParser = ParseExtra,
    };

    internal Option<string?> Recovery { get; } = new("--recovery")
    {
        Description = "Recovery image (default: the OS image)", HelpName = "FILE",
    };

    internal Option<string[]> CloudConfigs { get; } = new("--cloud-config")
    {
        Description = "Cloud-config to put in /oem; may be repeated", HelpName = "FILE",
    };

    internal Option<string> Append { get; } = new("--append")
    {
        Description = "Kernel arguments of this machine, for every boot; change them later with kboot kargs", HelpName = "ARGS",
        DefaultValueFactory = _ => "",
    };

    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { Recovery, CloudConfigs, Append, oem, recovery, state, persistent, extra })
            command.Options.Add(option);
    }

    internal DiskSizes Sizes(ParseResult parsed) =>
        new(parsed.GetValue(oem), parsed.GetValue(recovery), parsed.GetValue(state), parsed.GetValue(persistent))
        {
            Extra = parsed.GetValue(extra) ?? [],
        };

    private static ExtraPartition[]? ParseExtra(ArgumentResult result)
    {
        var partitions = new List<ExtraPartition>();
        foreach (var token in result.Tokens)
        {
            if (token.Value.Split(':') is [var label, var size, .. var rest]
                && (size == "0" ? 0 : ByteSize.TryParse(size)) is { } bytes && rest.Length < 2)
            {
                partitions.Add(new ExtraPartition(label, bytes, rest.Length == 0 ? ExtraPartition.DefaultFileSystem : rest[0]));
            }
            else
            {
                result.AddError($"'{token.Value}' is not a valid partition: write LABEL:SIZE or LABEL:SIZE:FS, for example DATA:4G");
                return null;
            }
        }

        return [.. partitions];
    }
}
