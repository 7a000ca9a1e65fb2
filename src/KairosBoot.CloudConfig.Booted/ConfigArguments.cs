using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// The sources in the arguments of kboot: files, directories, URLs, <c>-</c> for standard input, and the YAML text itself.
/// </summary>
public static class ConfigArguments
{
    public const string StandardInput = "-";

    /// <summary>Files and directories are read in each pass, so a pass finds what an earlier one has written.</summary>
    /// <exception cref="OperatorException">A source is missing or cannot be fetched.</exception>
    public static IReadOnlyList<ConfigSource> Find(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select((name, index) => IsPath(name) ? ConfigSource.At(Existing(name))
            : ConfigSource.Of([Read(name, index, cancellationToken)]))];

    /// <summary>Reads all sources now, for a run in another root. The run reports the files that cannot be read.</summary>
    /// <exception cref="OperatorException">A source is missing or cannot be fetched.</exception>
    public static IReadOnlyList<ConfigSource> ReadAll(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        [.. names.Select((name, index) => ConfigSource.Of(IsPath(name) ? ReadPath(Existing(name))
            : [Read(name, index, cancellationToken)]))];

    private static bool IsPath(string name) => name != StandardInput && !NamedSource.IsUrl(name) && !IsText(name);

    /// <summary>Text of a document: a mapping of YAML that names no file. A file whose name looks so is the file.</summary>
    private static bool IsText(string name)
    {
        if (name.Contains('\n')) return true;
        if (!name.StartsWith('{') && !name.EndsWith(':') && !name.Contains(": ", StringComparison.Ordinal)) return false;
        try { return Syscall.TryStat(name) is null; }
        catch (SyscallException) { return true; } // for example too long for a path
    }

    // Absolute, because another root has another working directory.
    private static string Existing(string name)
    {
        var path = Path.GetFullPath(name);
        return Syscall.TryStat(path)?.Type switch
        {
            FileType.Directory => path + "/",
            FileType.Regular => path,
            null => throw new OperatorException($"{name} does not exist",
                "give a cloud-config file, a directory, a URL, - for standard input, or the YAML text"),
            _ => throw new OperatorException($"{name} is neither a file nor a directory", "for a pipe, give - and redirect standard input"),
        };
    }

    private static List<ConfigText> ReadPath(string path)
    {
        var texts = new List<ConfigText>();
        foreach (var file in ConfigFiles.Of(path, (place, reason) => texts.Add(new ConfigText(place, "") { Problem = reason })))
            texts.Add(ConfigFiles.TryRead(file));
        return texts;
    }

    private static ConfigText Read(string name, int index, CancellationToken cancellationToken)
    {
        if (IsText(name)) return new ConfigText($"text of source {index + 1}", name);
        try
        {
            return name == StandardInput ? new ConfigText("standard input", ReadStandardInput())
            : Transfer.Text(name, ReadLimit.UserData, TransferLimits.Production, cancellationToken);
        }
        catch (FormatException e) { throw new OperatorException($"fetching failed: {e.Message}", "check the URL and the network"); }
    }

    private static string ReadStandardInput()
    {
        using var input = Console.OpenStandardInput();
        var content = new MemoryStream();
        var piece = new byte[1 << 16];
        while (input.Read(piece) is > 0 and var count)
        {
            content.Write(piece, 0, count);
            if (content.Length > ReadLimit.Config.Bytes)
            {
                throw new OperatorException($"standard input has more than {ReadLimit.Config.Bytes} bytes, the limit for a config",
                    "make it smaller");
            }
        }
        return ConfigEncoding.Decode(content.GetBuffer().AsSpan(0, (int)content.Length));
    }
}
