using System.CommandLine;
using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>Options that name the machine whose images change.</summary>
internal sealed class TargetOptions
{
    private readonly Option<string?> host = new("--host") { Description = "Mount point of the node's root, with all mounts below it (default: this system's root)", HelpName = "DIR" };
    private readonly Option<string?> state = new("--state") { Description = "Mount point of COS_STATE, for a disk whose system is not running", HelpName = "DIR" };

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
