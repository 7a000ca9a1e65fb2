using System.CommandLine;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary><c>kboot lint</c></summary>
internal static class LintCommand
{
    internal static Command Create()
    {
        var root = new Option<string?>("--root")
        {
            Description = "Directory tree: check that it would boot as an image, and check its cloud-configs", HelpName = "DIR",
        };
        var cloudConfig = new Option<string[]>("--cloud-config")
        {
            Description = "Cloud-config to check; may be repeated", HelpName = "FILE", AllowMultipleArgumentsPerToken = true,
        };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 also if there are only warnings" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("lint", "Check a directory tree and cloud-configs; run and change nothing.")
        {
            root, cloudConfig, strict, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(cloudConfig) is null && result.GetResult(root) is null)
                result.AddError("Give --root or --cloud-config.");
        });
        command.SetAction(parsed =>
        {
            var tree = parsed.GetValue(root);
            IReadOnlyList<TreeFinding> findings = tree is null ? []
                : [.. TreeLint.Check(tree), .. Reporter(tree, parsed.GetValue(cloudConfig))];
            ConfigText[] documents = [.. (parsed.GetValue(cloudConfig) ?? []).Select(Read)];
            var problems = tree is null ? ConfigLint.Check(documents) : ConfigLint.CheckTree(tree, documents);
            if (parsed.GetValue(json))
                PrintJson(findings, problems);
            else
                Print(findings, problems);
            var all = parsed.GetValue(strict);
            return findings.Any(finding => all || !finding.IsWarning) || problems.Any(problem => all || !problem.IsWarning) ? 1 : 0;
        });
        return command;
    }

    private static IEnumerable<TreeFinding> Reporter(string tree, string[]? configs)
    {
        if (ReporterCheck.WarnOfTree(tree, configs ?? []) is { } warning) yield return warning;
    }

    private static ConfigText Read(string path) =>
        new(path, HostFile.ReadOrStream(path, ReadLimit.Config) ?? throw new OperatorException(
            $"the cloud-config {path} does not exist", "give --cloud-config the path of a YAML file"));

    private static void Print(IReadOnlyList<TreeFinding> findings, IReadOnlyList<StageProblem> problems)
    {
        foreach (var finding in findings)
            Console.WriteLine($"{Severity(finding.IsWarning)}: {finding.Problem}\n  to fix: {finding.Fix}");
        foreach (var problem in problems)
            Console.WriteLine($"{Severity(problem.IsWarning)}: {problem.Text}");
        var warnings = findings.Count(finding => finding.IsWarning) + problems.Count(problem => problem.IsWarning);
        Console.WriteLine(ProblemOutput.Count(findings.Count + problems.Count - warnings, warnings));
    }

    private static string Severity(bool isWarning) => isWarning ? "warning" : "error";

    private static void PrintJson(IReadOnlyList<TreeFinding> findings, IReadOnlyList<StageProblem> problems) => JsonOutput.Write(writer =>
    {
        writer.WriteStartArray("tree");
        foreach (var finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", Severity(finding.IsWarning));
            writer.WriteString("problem", finding.Problem);
            writer.WriteString("fix", finding.Fix);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        ProblemOutput.Write(writer, problems);
    });
}
