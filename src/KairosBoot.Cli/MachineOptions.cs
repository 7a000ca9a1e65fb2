using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>Whose images are to change.</summary>
internal sealed class MachineOptions
{
    private readonly Option<string?> host = new("--host") { Description = "Where the machine's root is mounted, with all below it (default: this root)", HelpName = "DIR" };
    private readonly Option<string?> state = new("--state") { Description = "A mounted COS_STATE of a system that does not run", HelpName = "DIR" };

    internal void AddTo(Command command)
    {
        command.Add(host);
        command.Add(state);
        command.Validators.Add(result =>
        {
            if (result.GetResult(host) is not null && result.GetResult(state) is not null)
                result.AddError("Give either --host or --state.");
        });
    }

    internal TargetSystem Open(ParseResult parsed) => TargetSystem.Open(parsed.GetValue(host), parsed.GetValue(state));
}
