namespace KairosBoot.Plan.Tests.Documents;

public sealed class BreakDocumentTests
{
    [Fact]
    public void The_document_has_the_steps_of_breaks() => GeneratedPart.Check("docs/keys.md", "breaks",
        "| step | before it |\n|---|---|\n" + string.Concat(Enum.GetValues<BootStep>().Select(step =>
            $"| `{step.Name()}` | {char.ToUpperInvariant(step.State()[0])}{step.State()[1..]}. |\n")));
}
