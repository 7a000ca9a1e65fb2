using KairosBoot.Lifecycle;

namespace KairosBoot.Image.Tests.Documents;

/// <summary>The table of checks in docs/plan.md is that of the code.</summary>
public sealed class ReadinessDocumentTests
{
    [Fact]
    public void Each_check_of_a_node_has_its_row_in_the_same_order()
    {
        var rows = File.ReadAllLines(Path.Combine(DocumentBlock.Repository, "docs/plan.md"))
            .SkipWhile(line => line != "| check | looks at | error |").Skip(2).TakeWhile(line => line.StartsWith('|'));
        Assert.Equal(ReadinessChecks.All.Select(check => $"| `{check.Name}` | {check.LooksAt} | {check.Error} |"), rows);
    }
}
