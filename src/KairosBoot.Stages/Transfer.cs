using System.Globalization;
using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>How a transfer ended well.</summary>
/// <param name="IsUnchanged">The server has nothing newer than what was asked about; nothing was written.</param>
/// <param name="ModifiedSeconds">When the server's content changed last, in seconds since 1970; null where it does not say.</param>
internal sealed record TransferResult(bool IsUnchanged, long? ModifiedSeconds);

/// <summary>
/// Gets what a URL names, by curl of the image, else by its wget. Where it goes to is a file that is open already, so that its mode is
/// right before its first byte; the URL goes through standard input, as every user of the machine may read arguments.
/// </summary>
internal static class Transfer
{
    private const int MostBytesOfText = 4 * 1024 * 1024, Attempts = 3;
    private const string Messages = "/dev/stderr";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // No name, no connection, or one that broke: curl(1), wget(1).
    private static readonly int[] CurlTryAgain = [5, 6, 7, 18, 35, 52, 55, 56], WgetTryAgain = [4];

    /// <summary>A text of at most 4 MiB. Throws <see cref="FormatException"/>.</summary>
    internal static ConfigText Text(string url, CancellationToken interrupt)
    {
        var address = WebAddress.Parse(url);
        using var file = Syscall.InheritedFile("download", []);
        ToFile(address, file, newerThanSeconds: null, BootedKeys.Limit, interrupt);
        var size = Syscall.FStat(file).Size;
        if (size > MostBytesOfText) throw new FormatException($"{address.Display}: larger than {MostBytesOfText} bytes");
        var bytes = new byte[size];
        for (var done = 0; done < bytes.Length;)
        {
            var n = Syscall.PRead(file, bytes.AsSpan(done), done);
            done = n > 0 ? done + n : throw new FormatException($"{address.Display}: could not be read back");
        }
        return new ConfigText(address.Display, Encoding.UTF8.GetString(bytes));
    }

    /// <summary>Throws <see cref="FormatException"/> that names the URL without its secrets; the file's content is then of no use.</summary>
    /// <param name="address">Where from.</param>
    /// <param name="file">Where to; open for writing.</param>
    /// <param name="newerThanSeconds">Only where the server's is newer than this, in seconds since 1970. Null: in any case.</param>
    /// <param name="limit">For each of the three attempts.</param>
    /// <param name="interrupt">Ends it, by an <see cref="OperationCanceledException"/>.</param>
    internal static TransferResult ToFile(WebAddress address, FileHandle file, long? newerThanSeconds, TimeSpan limit, CancellationToken interrupt)
    {
        var (program, arguments, input, tryAgain) = StageFacts.FindProgram("curl") is { } curl ? Curl(curl, address, newerThanSeconds)
            : StageFacts.FindProgram("wget") is { } wget ? Wget(wget, address)
            : throw new FormatException($"{address.Display}: this root has neither curl nor wget: install the package curl in the image");
        for (var attempt = 1; ; attempt++)
        {
            using var url = Syscall.InheritedFile("url", Encoding.UTF8.GetBytes(input));
            var result = ChildProcess.Run(program, arguments, StageRun.ChildEnvironment(), limit, url, file);
            interrupt.ThrowIfCancellationRequested();
            if (result is { ExitCode: 0, TimedOut: false }) return Ended(result.Output);
            if (result.TimedOut) throw new FormatException($"{address.Display}: not there after {limit.TotalSeconds:0} s");
            if (attempt == Attempts || !tryAgain.Contains(result.ExitCode)) throw new FormatException($"{address.Display}: {Reason(program, result, address)}");
            Syscall.Pause(Pause * attempt);
            Syscall.Empty(file);
        }
    }

    private static (string Program, List<string> Arguments, string Input, int[] TryAgain) Curl(string curl, WebAddress address, long? newerThanSeconds)
    {
        // -q: nobody's .curlrc has a say. A server that sends nothing for two minutes is gone.
        List<string> arguments =
        [
            "-q", "--config", "-", "--silent", "--show-error", "--fail", "--location", "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "120",
            "--proto", "=http,https,ftp,ftps,tftp", "--proto-redir", "=http,https",
        ];
        if (Syscall.Access(Messages)) arguments.AddRange(["--dump-header", Messages]);
        if (newerThanSeconds is { } seconds && Syscall.Access(Messages))
            arguments.AddRange(["--time-cond", DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("R", CultureInfo.InvariantCulture)]);
        return (curl, arguments, $"url = \"{address.Text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"\n", CurlTryAgain);
    }

    private static (string Program, List<string> Arguments, string Input, int[] TryAgain) Wget(string wget, WebAddress address)
    {
        if (Syscall.TryLStat(wget)?.Type != FileType.Symlink || !Syscall.ReadLink(wget).Contains("busybox", StringComparison.Ordinal))
            return (wget, ["-q", "-O", "-", "-i", "-", "--tries=1", "--timeout=120"], address.Text + "\n", WgetTryAgain);
        if (address.HasUser) throw new FormatException($"{address.Display}: the wget of this root shows a password to every user: install the package curl in the image");
        // No -T: a busybox that is linked statically falls over it. The limit holds.
        return (wget, ["-q", "-O", "-", address.Text], "", []);
    }

    /// <summary>From the header lines that curl was asked for; of several answers the last one counts.</summary>
    private static TransferResult Ended(string headers)
    {
        var isUnchanged = false;
        long? modified = null;
        foreach (var line in headers.Split('\n', StringSplitOptions.TrimEntries))
        {
            const string Modified = "Last-Modified:";
            if (line.StartsWith("HTTP/", StringComparison.Ordinal)) (isUnchanged, modified) = (line.Split(' ') is [_, "304", ..], null);
            else if (line.StartsWith(Modified, StringComparison.OrdinalIgnoreCase) &&
                     DateTimeOffset.TryParse(line.AsSpan(Modified.Length), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) modified = time.ToUnixTimeSeconds();
        }
        return new TransferResult(isUnchanged, modified);
    }

    private static string Reason(string program, CommandResult result, WebAddress address)
    {
        var said = Array.FindLast(result.Output.Split('\n', StringSplitOptions.TrimEntries), line => line.StartsWith("curl:", StringComparison.Ordinal) || line.StartsWith("wget:", StringComparison.Ordinal))
            ?? $"{program[(program.LastIndexOf('/') + 1)..]}: exit code {result.ExitCode}{Meaning(program, result.ExitCode)}";
        foreach (var secret in address.Secrets) said = said.Replace(secret, "(hidden)");
        return said;
    }

    private static string Meaning(string program, int code) => !program.EndsWith("/wget", StringComparison.Ordinal) ? "" : code switch
    {
        4 => ", no connection",
        5 => ", the server's certificate is not trusted",
        6 => ", user or password refused",
        8 => ", the server refused",
        _ => "",
    };
}
