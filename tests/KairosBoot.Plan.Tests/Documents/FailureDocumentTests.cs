namespace KairosBoot.Plan.Tests.Documents;

public sealed class FailureDocumentTests
{
    [Fact]
    public void The_document_has_the_table_of_the_failure_policy() =>
        GeneratedPart.Check("docs/boot-assessment.md", "failure policy", $"```text\n{FailurePolicyTests.Table()}```\n");
}
