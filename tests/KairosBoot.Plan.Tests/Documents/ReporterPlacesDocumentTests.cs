namespace KairosBoot.Plan.Tests.Documents;

public sealed class ReporterPlacesDocumentTests
{
    [Fact]
    public void The_document_has_the_places_that_are_read()
    {
        var rows = ReporterPlaces.Rows.Select(row => $"| `{row.Path}` | {row.Init} | {row.What} |\n");
        GeneratedPart.Check("docs/boot-assessment.md", "reporter places",
            "| place | read for | what counts |\n|---|---|---|\n" + string.Concat(rows));
    }
}
