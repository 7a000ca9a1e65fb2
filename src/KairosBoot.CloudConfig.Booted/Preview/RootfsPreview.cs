using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// What the stage rootfs would write for the layout. It follows <see cref="StageRunner"/>: the same sources, passes, order and conditions.
/// It starts no program and writes nothing. What only a program or the machine decides does not happen, and is listed as an assumption.
/// </summary>
public sealed class RootfsPreview
{
    private const string Stage = "rootfs";

    private readonly StagePreview preview = new();
    private readonly PreviewMachine machine;
    private readonly PreviewFiles files;
    private readonly PreviewConfigs configs;

    private RootfsPreview(PreviewMachine machine)
    {
        this.machine = machine;
        files = new(machine);
        configs = new(files, preview);
        files.Write("/proc/cmdline", Encoding.UTF8.GetBytes(machine.CommandLine + "\n"));
        files.Write(machine.Sentinel, "1"u8.ToArray());
    }

    public static StagePreview Of(PreviewMachine machine)
    {
        var preview = new RootfsPreview(machine);
        preview.Run();
        return preview.preview;
    }

    private void Run()
    {
        var sources = SystemPaths.CloudConfigs.Select(configs.Documents).ToList();
        foreach (var pass in (string[])[Stage + ".before", Stage, Stage + ".after"])
        {
            foreach (var source in sources)
                RunEntries([.. source.SelectMany((document, number) => document.Document.Entries(pass, document.File, number))]);
        }

        RunCommandLine();
        AddInstallMounts();
        preview.Layout = files.TryReadText(SystemPaths.Layout);
        preview.ExtraLayout = files.TryReadText(SystemPaths.ExtraLayout);
        preview.CustomLayout = files.TryReadText(SystemPaths.CustomLayout);
    }

    private void RunCommandLine()
    {
        var config = CommandLineConfig.Parse(machine.CommandLine);
        if (config.Source is { } source) preview.Assume("the source on the kernel command line is not read", source.Option);
        var document = config.ToDocument((line, key, reason, isWarning) =>
            preview.Report(new StageProblem(CommandLineConfig.File, line, "", key, reason) { IsWarning = isWarning }));
        foreach (var pass in (string[])[Stage + ".before", Stage, Stage + ".after"])
            RunEntries([.. document.Entries(pass, CommandLineConfig.File)]);
    }

    private void AddInstallMounts()
    {
        var run = new StageRun(new StageFacts(), MessageLog.None, TimeSpan.Zero);
        var wanted = InstallMounts.NewLists();
        foreach (var (path, content) in configs.Contents(SystemPaths.Oem)) InstallMounts.Read(path, () => content, wanted, run);
        if (InstallMounts.Merge(SystemPaths.CustomLayout, files.TryReadText(SystemPaths.CustomLayout) ?? "", wanted, run) is { } text)
            files.Write(SystemPaths.CustomLayout, Encoding.UTF8.GetBytes(text));
        run.Problems.ForEach(preview.Report);
    }

    private void RunEntries(IReadOnlyList<StageEntry> entries)
    {
        foreach (var entry in EntryOrder.Of(entries, preview.Report))
        {
            void Report(int line, string key, string reason, bool isWarning) =>
                preview.Report(new StageProblem(entry.File, line, entry.Name, key, reason) { IsWarning = isWarning });
            if (EntryTable.OfInitrd.Entry.Validate(entry.Node, "", Report) is not YamlMapping keys) continue;
            var conditions = new PreviewConditions(machine, files, (what, line) => preview.Assume(what, $"{entry.File}:{line}"), Report);
            if (conditions.Hold(keys, (YamlMapping)entry.Node))
                new PreviewEntry(entry.File, keys, files, preview, Report).Apply();
        }
    }
}
