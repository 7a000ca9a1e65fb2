namespace KairosBoot.Plan;

/// <summary>Copies one file. Creates its directory if it is missing.</summary>
public sealed record CopyFile(StepClass Class, string From, string To, int Mode) : Step(Class)
{
    public override string Place => To;

    public override string Command => $"install -D -m {Convert.ToString(Mode, 8)} {ShellText.Quote(From)} {ShellText.Quote(To)}";
}
