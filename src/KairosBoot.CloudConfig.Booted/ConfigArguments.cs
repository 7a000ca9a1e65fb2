using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The sources in the arguments of kboot: files, directories, URLs, and <c>-</c> for standard input.</summary>
public static class ConfigArguments
{
    public const string StandardInput = "-";

    /// <summary>Files and directories are read in each pass, so a pass finds what an earlier one has written.</summary>
    /// <exception cref="OperatorException">A source is missing or cannot be fetched.</exception>
    public static IReadOnlyList<ConfigSource> Find(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select(name => IsPath(name) ? ConfigSource.At(Existing(name)) : ConfigSource.Of([Read(name, cancellationToken)]))];

    /// <summary>Reads all sources now, for a run in another root.</summary>
    /// <exception cref="OperatorException">A source is missing, unreadable or cannot be fetched.</exception>
    public static IReadOnlyList<ConfigSource> ReadAll(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select(name =>
            ConfigSource.Of(IsPath(name) ? [.. FilesOf(Existing(name)).Select(ReadFile)] : [Read(name, cancellationToken)]))];

    private static bool IsPath(string name) => name != StandardInput && !NamedSource.IsUrl(name);

    // Absolute, because another root has another working directory.
    private static string Existing(string name)
    {
        var path = Path.GetFullPath(name);
        return Syscall.TryStat(path)?.Type switch
        {
            FileType.Directory => path + "/",
            FileType.Regular => path,
            null => throw new OperatorException($"{name} does not exist",
                "give a cloud-config file, a directory, a URL, or - for standard input"),
            _ => throw new OperatorException($"{name} is neither a file nor a directory", "for a pipe, give - and redirect standard input"),
        };
    }

    private static List<string> FilesOf(string path) =>
        ConfigFiles.Of(path, (place, reason) => throw new OperatorException($"{place}: {reason}", "check its permissions"));

    private static ConfigText ReadFile(string path)
    {
        try { return new ConfigText(path, ConfigFiles.Read(path)); }
        catch (FormatException e) { throw new OperatorException($"{path}: {e.Message}", "fix or remove the file"); }
    }

    private static ConfigText Read(string name, CancellationToken cancellationToken)
    {
        try
        {
            return name == StandardInput ? new ConfigText("standard input", ReadStandardInput())
            : Transfer.Text(name, ReadLimit.UserData, TransferLimits.Production, cancellationToken);
        }
        catch (FormatException e) { throw new OperatorException($"fetching failed: {e.Message}", "check the URL and the network"); }
    }

    private static string ReadStandardInput()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        return input.ReadToEnd();
    }
}
