using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests.Documents;

/// <summary>The page about debugging lists the files of the archive for support, and the names whose values are replaced.</summary>
public sealed class BundleDocumentTests
{
    private const string Page = "docs/report.md";

    [Fact]
    public void The_page_lists_each_file_of_the_archive() => GeneratedPart.Check(Page, "archive files",
        "| in the archive | from | at most | for |\n|---|---|---|---|\n" + string.Concat(BundleFile.All.Select(file =>
            $"| `{file.Name}` | {From(file)} | {Size(file)} | {file.Use} |\n")));

    [Fact]
    public void The_page_lists_the_names_of_secrets() => GeneratedPart.Check(Page, "secret names",
        "| what | names |\n|---|---|\n" + Row("a part of the name", SecretNames.Parts) +
        Row("the whole name, or its last word", SecretNames.Words));

    private static string Row(string what, string[] names) => $"| {what} | {string.Join(", ", names.Select(name => $"`{name}`"))} |\n";

    private static string From(BundleFile file) => file.Place switch
    {
        BundlePlace.Generated => "kboot",
        BundlePlace.State => $"`{file.Path}` of COS_STATE",
        BundlePlace.Oem => file.Format == BundleFormat.Configs ? "`*.yaml`, `*.yml` of COS_OEM" : $"`{file.Path}` of COS_OEM",
        _ => $"`{file.Path}`",
    };

    private static string Size(BundleFile file) =>
        file.MaxKiB >= 1024 ? $"{file.MaxKiB / 1024} MiB{(file.Format == BundleFormat.Configs ? " each" : "")}" : $"{file.MaxKiB} KiB";
}
