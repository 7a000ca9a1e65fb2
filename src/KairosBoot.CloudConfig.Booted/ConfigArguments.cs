using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The sources that somebody names on a command line: files, directories, URLs, and <c>-</c> for standard input.</summary>
public static class ConfigArguments
{
    public const string StandardInput = "-";

    /// <summary>Those that are places stay places: what an entry writes there, the next pass finds.</summary>
    /// <exception cref="OperatorException">One is not there, or cannot be fetched.</exception>
    public static IReadOnlyList<ConfigSource> Find(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select(name => IsPlace(name) ? ConfigSource.At(Existing(name)) : ConfigSource.Of([Read(name, cancellationToken)]))];

    /// <summary>All read at once, for a run in another root.</summary>
    /// <exception cref="OperatorException">One is not there, or cannot be read or fetched.</exception>
    public static IReadOnlyList<ConfigSource> ReadAll(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select(name => ConfigSource.Of(IsPlace(name) ? [.. FilesOf(Existing(name)).Select(ReadFile)] : [Read(name, cancellationToken)]))];

    private static bool IsPlace(string name) => name != StandardInput && !NamedSource.IsUrl(name);

    // Absolute: the working directory is another one in another root, and in a message it helps nobody.
    private static string Existing(string name)
    {
        var path = Path.GetFullPath(name);
        return Syscall.TryStat(path)?.Type switch
        {
            FileType.Directory => path + "/",
            FileType.Regular => path,
            null => throw new OperatorException($"there is no {name}", "give a cloud-config file, a directory of them, a URL, or - for standard input"),
            _ => throw new OperatorException($"{name} is neither a file nor a directory", "for what comes out of a pipe, give - and pipe it in"),
        };
    }

    private static List<string> FilesOf(string path) => ConfigFiles.Of(path, (place, reason) => throw new OperatorException($"{place}: {reason}", "check its permissions"));

    private static ConfigText ReadFile(string path)
    {
        try { return new ConfigText(path, ConfigFiles.Read(path)); }
        catch (FormatException e) { throw new OperatorException($"{path}: {e.Message}", "take it away, or mend it"); }
    }

    private static ConfigText Read(string name, CancellationToken cancellationToken)
    {
        try { return name == StandardInput ? new ConfigText("standard input", ReadStandardInput()) : Transfer.Text(name, ReadLimit.UserData, TransferLimits.Production, cancellationToken); }
        catch (FormatException e) { throw new OperatorException($"not fetched: {e.Message}", "check the URL, and that the machine has a network"); }
    }

    private static string ReadStandardInput()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        return input.ReadToEnd();
    }
}
