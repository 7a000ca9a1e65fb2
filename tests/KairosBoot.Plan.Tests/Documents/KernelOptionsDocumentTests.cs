using System.Text;
using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests.Documents;

public sealed partial class KernelOptionsDocumentTests
{
    private const string Document = "docs/kernel-options.md";

    [Fact]
    public void The_document_has_the_table_of_the_parsed_options()
    {
        var table = Table(KernelOptions.All.Select(option => Row(option.Name, option.FormerName, option.Form,
            KernelOptionTexts.Find(option.Name)!)));
        GeneratedPart.Check(Document, "kernel options", table);
    }

    [Fact]
    public void The_document_has_the_options_that_other_parts_read() =>
        GeneratedPart.Check(Document, "other options", Table(KernelOptionTexts.All.Where(text => KernelOptions.Find(text.Name) is null)
            .Select(text => Row(text.Name, null, text.Form!, text))));

    [Fact]
    public void Every_option_that_is_parsed_has_a_meaning() =>
        Assert.All(KernelOptions.All, option => Assert.NotNull(KernelOptionTexts.Find(option.Name)));

    [Fact]
    public void Every_option_is_in_each_table_once()
    {
        Assert.Equal(KernelOptions.All.Length, KernelOptions.All.Select(option => option.Name).Distinct().Count());
        Assert.Equal(KernelOptionTexts.All.Length, KernelOptionTexts.All.Select(text => text.Name).Distinct().Count());
        Assert.All(KernelOptionTexts.All,
            text => Assert.True(text.Form is not null || KernelOptions.Find(text.Name) is not null, $"{text.Name} is not parsed"));
    }

    // Includes options that other parts of the programs read or only write: users meet every option that the sources name.
    [Fact]
    public void Every_option_that_the_sources_and_the_menu_name_is_documented()
    {
        var named = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            if (!file.Contains("/obj/", StringComparison.Ordinal))
            {
                foreach (Match literal in Literals().Matches(File.ReadAllText(file)))
                    foreach (Match option in Options().Matches(literal.Value)) named.Add(option.Value);
            }
        }

        foreach (Match option in Options().Matches(SourceTree.Read("initrd/grub/grub.cfg"))) named.Add(option.Value);
        Assert.Contains("kairosboot.timeout", named);
        Assert.Contains("kairosboot.kargs", named);
        Assert.All(named, name => Assert.True(KernelOptions.Find(name) is not null || KernelOptionTexts.Find(name) is not null,
            $"{name} is not documented"));
    }

    private static string Table(IEnumerable<string> rows) =>
        "| option | value | default | meaning |\n|---|---|---|---|\n" + string.Concat(rows);

    private static string Row(string name, string? formerName, string form, KernelOptionTexts.Text text)
    {
        var names = new StringBuilder($"`{name}`");
        if (formerName is not null) names.Append($", `{formerName}`");
        return $"| {names} | {form} | {text.Default} | {text.Meaning} |\n";
    }

    [GeneratedRegex("\"(?:[^\"\\\\\n]|\\\\.)*\"")]
    private static partial Regex Literals();

    [GeneratedRegex(@"\b(?:kairosboot\.[a-z-]+|kairos\.config_url|cos\.setup|rd\.(?:immucore|cos)\.[a-z]+)(?=[=""' ]|$)")]
    private static partial Regex Options();
}
