using System.Collections.Immutable;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The boot of an image that is a directory tree here. Nothing of the tree is run or changed, so it needs no root.</summary>
/// <param name="commandLine">The kernel command line.</param>
/// <param name="root">Top of the tree.</param>
/// <param name="configs">Directory with the content of COS_OEM; null: it is empty.</param>
public sealed class TreePreview(string commandLine, string root, string? configs)
{
    private readonly ImmutableArray<PlanProblem>.Builder problems = ImmutableArray.CreateBuilder<PlanProblem>();

    private BootRequest Request { get; } = BootRequestParser.Parse(KernelCommandLine.Parse(commandLine));

    /// <exception cref="OperatorException">One of the directories does not exist.</exception>
    public static BootPreview Of(string commandLine, string root, string? configs)
    {
        RequireDirectory(root, "give --root the top directory of an unpacked system");
        if (configs is not null) RequireConfigs(configs);
        return new TreePreview(commandLine, root, configs).Preview();
    }

    internal static void RequireConfigs(string configs) =>
        RequireDirectory(configs, "give --cloud-config a directory with the files of COS_OEM");

    private static void RequireDirectory(string path, string fix)
    {
        if (Syscall.TryStat(path) is not { Type: FileType.Directory }) throw new OperatorException($"{path} is not a directory", fix);
    }

    private BootPreview Preview()
    {
        var stage = RootfsPreview.Of(new PreviewMachine
        {
            Root = root, HasOem = Request.Oem is not null, Oem = configs, CommandLine = commandLine,
            Sentinel = $"{SystemPaths.Sentinels}/{Request.SentinelName}", Architecture = ConfigArchitecture.Of(root),
        });
        var layout = LayoutReader.Read(Request, stage.Layout, stage.ExtraLayout, stage.CustomLayout);
        var phases = BootPlan.For(Request, PlannedDevices.Assume(Request, layout), layout);
        problems.AddRange(PreviewProblems.Of(Request, stage, layout));
        CheckTree();
        problems.AddRange(MissingDirectories.In(root, "the tree", phases, BootFiles.AddsDirectory));
        return new(Request, phases) { Assumptions = [.. Assumptions(stage)], Problems = problems.ToImmutable() };
    }

    private IEnumerable<string> Assumptions(StagePreview stage)
    {
        yield return PlannedDevices.Assumption;
        if (Request.Oem is { } oem && configs is null) yield return $"{oem} has no cloud-configs";
        foreach (var assumption in stage.Assumptions) yield return assumption;
    }

    // What the build of an image adds is not missing.
    private void CheckTree()
    {
        foreach (var finding in TreeLint.Check(root).Where(finding => finding.Kind == FindingKind.Error))
            problems.Add(new("", finding.Problem, finding.Fix, isWarning: false));
        if (Request.Init != BootRequest.DefaultInit && !UntrustedTree.Has(root, Request.Init))
            problems.Add(new("", $"the tree has no {Request.Init}", "install an init system, or name one with init=", isWarning: false));
    }
}
