using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>What a stage of the booted system runs.</summary>
/// <param name="Configs">The configs, in the order in which they run.</param>
/// <param name="CommandLine">The kernel command line, which can name a source and contain entries. Empty: none.</param>
public sealed record StageSources(IReadOnlyList<ConfigSource> Configs, string CommandLine)
{
    /// <summary>The machine's own configs and its kernel command line, as at boot.</summary>
    public static StageSources OfMachine() => new([.. SystemPaths.CloudConfigs.Select(ConfigSource.At)], StageFacts.CommandLine);

    /// <summary>The machine's own configs and more documents, without the kernel command line: for the stages of kboot's verbs.</summary>
    public static StageSources WithDocuments(IEnumerable<string> documents) =>
        new([.. SystemPaths.CloudConfigs.Concat(documents).Select(ConfigSource.At)], "");

    /// <summary>The sources that a user names. Without names: those of the machine.</summary>
    /// <param name="names">Files, directories, URLs, <c>-</c> for standard input, and YAML texts.</param>
    /// <param name="isOtherRoot">The stage runs in another root, so named sources are read before.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperatorException">A source is missing, unreadable or cannot be fetched.</exception>
    public static StageSources Named(IReadOnlyList<string> names, bool isOtherRoot, CancellationToken cancellationToken) =>
        names.Count == 0 ? OfMachine()
        : new(isOtherRoot ? ConfigArguments.ReadAll(names, cancellationToken) : ConfigArguments.Find(names, cancellationToken), "");
}
