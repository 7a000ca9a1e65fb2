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
        var paths = new Argument<string[]>("PATH")
        {
            Description = "A directory: a tree, as with --root; any other file: a cloud-config, as with --cloud-config",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var root = new Option<string?>("--root")
        {
            Description = "Directory tree: check that it would boot as an image, and check its cloud-configs", HelpName = "DIR",
        };
        var cloudConfig = new Option<string[]>("--cloud-config")
        {
            Description = "Cloud-config to check; may be repeated", HelpName = "FILE", AllowMultipleArgumentsPerToken = true,
        };
        var strict = new Option<bool>("--strict") { Description = "Exit with 1 also if there are only warnings" };
        var json = JsonOutput.Option;
        var command = new Command("lint", "Check a directory tree and cloud-configs; run and change nothing.")
        {
            paths, root, cloudConfig, strict, json,
        };
        command.Validators.Add(result =>
        {
            if (Conflict(result.GetValue(paths) ?? [], result.GetValue(root), result.GetValue(cloudConfig) ?? []) is { } conflict)
                result.AddError(conflict);
        });
        command.SetAction(parsed =>
        {
            var (trees, files) = GivenPath.Split(parsed.GetValue(paths) ?? []);
            return Check(parsed.GetValue(root) ?? trees.FirstOrDefault(), [.. parsed.GetValue(cloudConfig) ?? [], .. files],
                parsed.GetValue(strict), parsed.GetValue(json));
        });
        return command;
    }

    /// <returns>What is given twice, or missing.</returns>
    private static string? Conflict(string[] paths, string? root, string[] configs)
    {
        var (trees, files) = GivenPath.Split(paths);
        return (trees, files) switch
        {
            ([], []) when root is null && configs is [] => "Give a PATH, --root or --cloud-config.",
            ([var first, var second, ..], _) => $"Give one directory tree: {first} and {second} are given.",
            ([var tree], _) when root is not null => $"Give one directory tree: {tree} and --root {root} are given.",
            (_, [var file, ..]) when configs is not [] =>
                $"Give cloud-configs in one way: {file} and --cloud-config {configs[0]} are given.",
            _ => null,
        };
    }

    private static int Check(string? tree, string[] configs, bool isStrict, bool json)
    {
        IReadOnlyList<TreeFinding> findings = tree is null ? [] : [.. TreeLint.Check(tree), .. Reporter(tree, configs)];
        ConfigText[] documents = [.. configs.Select(Read)];
        var problems = tree is null ? ConfigLint.Check(documents) : ConfigLint.CheckTree(tree, documents);
        if (json)
            PrintJson(findings, problems);
        else
            Print(findings, problems);
        return findings.Any(finding => isStrict || !finding.IsWarning) || problems.Any(problem => isStrict || !problem.IsWarning) ? 1 : 0;
    }

    private static IEnumerable<TreeFinding> Reporter(string tree, string[] configs)
    {
        if (ReporterCheck.WarnOfTree(tree, configs) is { } warning) yield return warning;
    }

    private static ConfigText Read(string path) =>
        new(path, HostFile.ReadOrStream(path, ReadLimit.Config) ?? throw new OperatorException(
            $"the cloud-config {path} does not exist", "give the path of a YAML file"));

    private static void Print(IReadOnlyList<TreeFinding> findings, IReadOnlyList<StageProblem> problems)
    {
        foreach (var finding in findings)
        {
            Print(finding.IsWarning, finding.Problem);
            ProblemOutput.PrintFix(PrintableWriter.Output, finding.Fix);
        }

        foreach (var problem in problems)
            Print(problem.IsWarning, problem.Text);
        var warnings = findings.Count(finding => finding.IsWarning) + problems.Count(problem => problem.IsWarning);
        Console.WriteLine(ProblemOutput.Count(findings.Count + problems.Count - warnings, warnings));
    }

    private static void Print(bool isWarning, string text) =>
        PrintableWriter.Output.WriteWord("", Severity(isWarning) + ":", $" {text}");

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
