using System.Text.RegularExpressions;

namespace KairosBoot.Plan.Tests;

/// <summary>Which layer may use which. An upgrade in PID 1, or a system call in a decision, shows up as a reference.</summary>
public sealed partial class ProjectTests
{
    private static readonly (string Project, string[] References)[] Allowed =
    [
        ("Plan", []),
        ("Linux", ["Plan"]),
        ("Execution", ["Linux", "Plan"]),
        ("CloudConfig", ["Linux", "Plan"]),
        ("CloudConfig.Booted", ["CloudConfig", "Linux", "Plan"]),
        ("Image", ["Linux", "Plan"]),
        ("Lifecycle", ["CloudConfig", "CloudConfig.Booted", "Execution", "Image", "Linux", "Plan"]),
        ("Init", ["CloudConfig", "Execution", "Linux", "Plan"]),
        ("Cli", ["CloudConfig", "CloudConfig.Booted", "Execution", "Image", "Lifecycle", "Linux", "Plan"]),
    ];

    [Fact]
    public void Each_project_references_only_the_layers_below_it()
    {
        var found = Directory.EnumerateFiles(Sources.Top, "KairosBoot.*.csproj", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file)["KairosBoot.".Length..],
                file => Reference().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Order());
        Assert.Equal(Allowed.Select(row => row.Project).Order(), found.Keys.Order());
        Assert.All(Allowed, row => Assert.Equal(row.References.Order(), found[row.Project]));
    }

    [Fact]
    public void Each_project_has_one_namespace()
    {
        foreach (var (path, text) in Sources.All)
            Assert.All(Namespace().Matches(text), match => Assert.Equal(path[..path.IndexOf('/')], match.Groups[1].Value));
    }

    [Fact]
    public void Folders_and_files_stay_small()
    {
        Assert.All(Sources.All.GroupBy(file => Path.GetDirectoryName(file.Path)), folder => Assert.True(folder.Count() <= 30, folder.Key));
        Assert.All(Sources.All, file => Assert.True(File.ReadLines(Path.Combine(Sources.Top, file.Path)).Count() <= 250, file.Path));
    }

    [GeneratedRegex(@"<ProjectReference Include=""\.\./KairosBoot\.([\w.]+)/")]
    private static partial Regex Reference();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
