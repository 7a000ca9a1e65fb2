using System.CommandLine;

namespace KairosBoot.Cli;

/// <summary>Options and arguments of the verbs that use boot counters.</summary>
internal static class BootStateOptions
{
    private static readonly string[] SlotNames = ["active", "passive", "recovery"];

    internal static Option<string?> State => new("--state")
    {
        Description = "Mount point of COS_STATE, or the path of its file bootstate (default: this machine's)", HelpName = "PATH",
    };

    internal static Option<string?> OnlySlot
    {
        get
        {
            var slot = new Option<string?>("--slot")
            {
                Description = "Change only the arguments of active, passive or recovery (default: those of all slots)", HelpName = "SLOT",
            };
            return slot.AcceptOnlyFromAmong(SlotNames);
        }
    }

    internal static Argument<string> Slot(bool isOptional)
    {
        var slot = new Argument<string>("SLOT")
        {
            Description = "active, passive or recovery", Arity = isOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        return slot.AcceptOnlyFromAmong(SlotNames);
    }
}
