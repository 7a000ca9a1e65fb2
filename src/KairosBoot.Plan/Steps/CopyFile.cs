namespace KairosBoot.Plan;

/// <summary>Copies one file into an existing directory.</summary>
public sealed record CopyFile(StepClass Class, string From, string To, int Mode) : Step(Class)
{
    public override string Command => $"install -m {Convert.ToString(Mode, 8)} {ShellText.Quote(From)} {ShellText.Quote(To)}";
}
