using System.CommandLine;
using KairosBoot.Image;

namespace KairosBoot.Cli;

/// <summary><c>--compress</c> of the commands that pack an initrd.</summary>
internal static class CompressOption
{
    internal static Option<string> Create(string description)
    {
        var option = new Option<string>("--compress")
        {
            Description = description, HelpName = "FORMAT", DefaultValueFactory = _ => InitrdCompression.Auto.Word(),
        };
        option.AcceptOnlyFromAmong(InitrdCompressionWords.All);
        return option;
    }
}
