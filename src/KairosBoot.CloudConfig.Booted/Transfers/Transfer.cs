using System.Globalization;
using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>The result of a successful transfer.</summary>
/// <param name="IsUnchanged">The server has no newer content. Nothing was written.</param>
/// <param name="ModifiedSeconds">Last change of the content, in seconds since 1970; null: unknown.</param>
internal sealed record TransferResult(bool IsUnchanged, long? ModifiedSeconds);

/// <summary>
/// Fetches a URL with curl of the image, or with its wget. The program writes to this process, which stops it at the limits of the
/// <see cref="TransferTarget"/>. The URL is passed on standard input, because all users can read arguments.
/// </summary>
internal static class Transfer
{
    private const string InstallCurl = "to fix: install the package curl in the image";
    private const int Attempts = 3;
    private const string Messages = "/dev/stderr";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // The name was not resolved, or the connection failed or broke: curl(1), wget(1).
    private static readonly int[] CurlTryAgain = [5, 6, 7, 18, 35, 52, 55, 56], WgetTryAgain = [4];

    // Environment variables for the programs: proxies and trusted certificates.
    private static readonly string[] Passed =
        ["PATH", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"];

    /// <summary>Fetches a text. Throws <see cref="FormatException"/>.</summary>
    internal static ConfigText Text(string url, ReadLimit limit, TransferLimits limits, CancellationToken cancellationToken)
    {
        var address = WebAddress.Parse(url);
        var target = new TextTarget(limit, limits);
        To(target, address, newerThanSeconds: null, BootedKeys.ProgramLimit, cancellationToken);
        return new ConfigText(address.Display, target.Text);
    }

    /// <summary>
    /// Throws <see cref="FormatException"/>; its message has the URL without secrets. After that the content of the target is incomplete.
    /// </summary>
    /// <param name="target">The target.</param>
    /// <param name="address">The URL.</param>
    /// <param name="newerThanSeconds">Fetch only if the content is newer than this, in seconds since 1970. Null: always.</param>
    /// <param name="limit">For each of the three attempts.</param>
    /// <param name="cancellationToken">Stops it with an <see cref="OperationCanceledException"/>.</param>
    internal static TransferResult To(TransferTarget target, WebAddress address, long? newerThanSeconds, TimeSpan limit,
        CancellationToken cancellationToken)
    {
        var (program, arguments, input, tryAgain) = StageFacts.FindProgram("curl") is { } curl ? Curl(curl, address, newerThanSeconds)
            : StageFacts.FindProgram("wget") is { } wget ? Wget(wget, address)
            : throw new FormatException($"{address.Display}: this root has neither curl nor wget; {InstallCurl}");
        for (var attempt = 1; ; attempt++)
        {
            using var url = Syscall.InheritedFile("url", Encoding.UTF8.GetBytes(input));
            target.Start();
            var result = ChildProcess.Stream(program, arguments, Environment(), limit, url, target.Take);
            cancellationToken.ThrowIfCancellationRequested();
            if (target.Failure is { } failure) throw new FormatException($"{address.Display}: {failure}");
            if (result is { ExitCode: 0, TimedOut: false })
                return Ended(result.Output, address, target.Received == 0 ? newerThanSeconds : null);
            if (result.TimedOut) throw new FormatException($"{address.Display}: not complete after {limit.TotalSeconds:0} s");
            if (attempt == Attempts || !tryAgain.Contains(result.ExitCode))
                throw new FormatException($"{address.Display}: {Reason(program, result, address)}");
            Syscall.Pause(Pause * attempt);
        }
    }

    private static List<string> Environment()
    {
        // HOME: wget reads files there, and sudo may keep the home of another user.
        List<string> variables = ["HOME=/root", "LC_ALL=C"];
        foreach (var variable in StageRun.ChildEnvironment())
            if (Passed.Contains(variable[..variable.IndexOf('=')], StringComparer.OrdinalIgnoreCase)) variables.Add(variable);
        return variables;
    }

    private static (string Program, List<string> Arguments, string Input, int[] TryAgain) Curl(string curl, WebAddress address,
        long? newerThanSeconds)
    {
        // -q: ignores .curlrc.
        List<string> arguments =
        [
            "-q", "--config", "-", "--silent", "--show-error", "--fail", "--location", "--connect-timeout", "30",
            "--proto", "=http,https,ftp,ftps,tftp", "--proto-redir", address.IsHttps ? "=https" : "=http,https",
        ];
        if (Syscall.Access(Messages)) arguments.AddRange(["--dump-header", Messages]);
        if (newerThanSeconds is { } seconds && Syscall.Access(Messages))
            arguments.AddRange(["--time-cond", DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("R", CultureInfo.InvariantCulture)]);
        return (curl, arguments, new CurlConfig().Set("url", address.Text).Text, CurlTryAgain);
    }

    private static (string Program, List<string> Arguments, string Input, int[] TryAgain) Wget(string wget, WebAddress address)
    {
        if (Syscall.TryLStat(wget)?.Type != FileType.Symlink || !Syscall.ReadLink(wget).Contains("busybox", StringComparison.Ordinal))
        {
            List<string> arguments = ["-q", "-O", "-", "-i", "-", "--tries=1", "--timeout=120", "--no-glob"];
            // wget has no option to keep a redirect on https.
            if (address.IsHttps) arguments.Add("--max-redirect=0");
            return (wget, arguments, address.Text + "\n", WgetTryAgain);
        }
        if (address.IsHttps)
            throw new FormatException($"{address.Display}: the wget of this root follows redirects from https to http; {InstallCurl}");
        if (address.HasUser)
            throw new FormatException($"{address.Display}: the wget of this root shows a password to all users; {InstallCurl}");
        // No -T: a static busybox crashes with it. The time limit applies anyway.
        return (wget, ["-q", "-O", "-", address.Text], "", []);
    }

    /// <summary>Evaluates the headers of all responses. The last response counts.</summary>
    /// <param name="headers">The headers of all responses.</param>
    /// <param name="address">The first URL.</param>
    /// <param name="newerThanSeconds">The given time if nothing was received, because curl skips content that is not newer. Null: something
    /// was received.</param>
    private static TransferResult Ended(string headers, WebAddress address, long? newerThanSeconds)
    {
        const string Modified = "Last-Modified:", Location = "Location:";
        var (isUnchanged, isRedirect, isHttps) = (false, false, address.IsHttps);
        long? modified = null;
        foreach (var line in headers.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("HTTP/", StringComparison.Ordinal))
            {
                (isUnchanged, isRedirect, modified) = (line.Split(' ') is [_, "304", ..], line.Split(' ') is [_, ['3', ..], ..], null);
            }
            else if (line.StartsWith(Modified, StringComparison.OrdinalIgnoreCase) &&
                     DateTimeOffset.TryParse(line.AsSpan(Modified.Length), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
                         out var time))
            {
                modified = time.ToUnixTimeSeconds();
            }
            else if (isRedirect && line.StartsWith(Location, StringComparison.OrdinalIgnoreCase))
            {
                // curl has one rule for all redirects of a URL, so a redirect to https and back to http is detected here.
                var next = line.AsSpan(Location.Length).Trim();
                if (isHttps && next.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
                    throw new FormatException($"{address.Display}: a redirect leads from https to http");
                isHttps |= next.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
            }
        }
        return new TransferResult(isUnchanged || newerThanSeconds is { } seconds && modified <= seconds, modified);
    }

    private static string Reason(string program, CommandResult result, WebAddress address)
    {
        var said = Array.FindLast(result.Output.Split('\n', StringSplitOptions.TrimEntries), line =>
            line.StartsWith("curl:", StringComparison.Ordinal) || line.StartsWith("wget:", StringComparison.Ordinal))
            ?? $"{PathParts.NameOf(program)}: exit code {result.ExitCode}{Meaning(program, result.ExitCode, address)}";
        const int UnsupportedProtocol = 1;
        if (program.EndsWith("/curl", StringComparison.Ordinal) && result.ExitCode == UnsupportedProtocol && address.IsHttps)
            said += " (a redirect must not leave https)";
        foreach (var secret in address.Secrets) said = said.Replace(secret, "(hidden)");
        return said;
    }

    private static string Meaning(string program, int code, WebAddress address) =>
        !program.EndsWith("/wget", StringComparison.Ordinal) ? "" : code switch
        {
            4 => ", no connection",
            5 => ", the server's certificate is not trusted",
            6 => ", user or password refused",
            8 when address.IsHttps => $", the server refused or redirected (wget cannot keep a redirect on https); {InstallCurl}",
            8 => ", the server refused",
            _ => "",
        };
}
