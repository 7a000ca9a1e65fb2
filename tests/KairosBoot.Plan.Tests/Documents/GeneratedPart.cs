namespace KairosBoot.Plan.Tests.Documents;

/// <summary>
/// A generated part of a document, between two marks. A test compares it with the code; <c>KAIROSBOOT_WRITE_DOCS=1</c> makes the test
/// write it instead.
/// </summary>
internal static class GeneratedPart
{
    internal static void Check(string document, string name, string expected)
    {
        string begin = $"<!-- begin generated: {name} -->\n", end = $"<!-- end generated: {name} -->";
        var path = Path.Combine(SourceTree.Root, document);
        var text = File.ReadAllText(path);
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to >= from, $"{document} has no marks for '{name}'");
        if (Environment.GetEnvironmentVariable("KAIROSBOOT_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text[..from] + expected + text[to..]);
        }
        else
        {
            Assert.True(expected == text[from..to],
                $"{document} differs from the code. To fix: KAIROSBOOT_WRITE_DOCS=1 dotnet test tests/KairosBoot.Plan.Tests --filter " +
                    $"Documents\nExpected:\n{expected}");
        }
    }
}
