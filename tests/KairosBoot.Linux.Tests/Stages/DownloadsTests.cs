using System.Globalization;
using System.Text;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The key downloads with real curl and wget and a server on this machine.</summary>
public sealed class DownloadsTests : IDisposable
{
    private readonly BootedSystem system = new();

    public void Dispose() => system.Dispose();

    [Theory]
    [InlineData("/opt/d/file", "/opt/d/file", "0640")]
    [InlineData("/opt/d/", "/opt/d/a b.bin", "0755")]
    [InlineData("/opt", "/opt/a b.bin", "0600")]
    public void A_download_is_complete_and_has_mode_and_owner(string path, string expected, string mode)
    {
        var content = string.Concat(Enumerable.Range(0, 300_000).Select(i => (char)('a' + i % 26)));
        using var server = LocalServer.OfText(content);
        var report = system.Run(
            $"downloads: [{{path: {path}, url: '{server.Address}/x/a%20b.bin?token=S3CRET', permissions: {mode}, ownerstring: " +
            "'daemon:sys', timeout: 60}]");
        Assert.Empty(report.Errors());
        Assert.Equal(content, system.Read(expected));
        Assert.Equal($"{mode[1..]} daemon:sys", system.Shell($"stat -c '%a %U:%G' '{expected}'").Trim());
        Assert.DoesNotContain(system.Log, line => line.Contains("S3CRET"));
        Assert.Equal("", system.Shell($"find $(dirname '{expected}') -name '*kairosboot'"));
    }

    [Fact]
    public void Without_curl_wget_downloads()
    {
        system.Shell("rm /usr/bin/curl");
        using var server = LocalServer.OfText("content");
        Assert.Empty(system.Run($"downloads: [{{path: /opt/file, url: {server.Address}/x}}]").Errors());
        Assert.Equal("content", system.Read("/opt/file"));
        Assert.Contains("exit code 8, the server refused", RunAgainstNothing("wget").Reason);
    }

    [Fact]
    public void The_wget_of_busybox_downloads_but_gets_no_password()
    {
        system.Shell("rm /usr/bin/curl /usr/bin/wget; cp /bin/busybox /usr/bin/ 2>/dev/null || :; ln -s busybox /usr/bin/wget");
        using var server = LocalServer.OfText("content");
        Assert.Empty(system.Run($"downloads: [{{path: /opt/file, url: {server.Address}/x}}]").Errors());
        Assert.Equal("content", system.Read("/opt/file"));
        var problem = Assert.Single(system.Run($"downloads: [{{path: /opt/file, url: 'http://me:S3CRET@127.0.0.1:{server.Port}/x'}}]")
            .Errors());
        Assert.Contains("install the package curl", problem.Reason);
    }

    private KairosBoot.CloudConfig.StageProblem RunAgainstNothing(string name)
    {
        using var server = new LocalServer((_, _) => null);
        var problem = Assert.Single(
            system.Run($"downloads: [{{path: /opt/{name}, url: 'http://me:S3CRET@127.0.0.1:{server.Port}/there?k=T0KEN'}}]").Errors());
        Assert.Equal((4, "e", "downloads", false), (problem.Line, problem.Entry, problem.Key, problem.IsWarning));
        Assert.StartsWith($"http://127.0.0.1:{server.Port}/there: ", problem.Reason);
        Assert.DoesNotContain(system.Log.Append(problem.Reason), line => line.Contains("S3CRET") || line.Contains("T0KEN"));
        return problem;
    }

    [Fact]
    public void A_refused_download_keeps_the_old_file_and_the_next_item_runs()
    {
        system.Put("/opt/refused", "old");
        Assert.Contains("404", RunAgainstNothing("refused").Reason);
        Assert.Equal("old", system.Read("/opt/refused"));
        using var server = LocalServer.OfText("x");
        var url = server.Address;
        var report = system.Run($"downloads: [{{path: rel, url: {url}}}, {{path: /opt/a, url: nowhere}}, " +
            $"{{path: /opt/dir/, url: {url}}}, {{path: /opt/b, url: {url}/b}}]");
        Assert.Equal(["not an absolute path", "url is not valid", "has no file name"],
            report.Errors().Select(p =>
            new[] { "not an absolute path", "url is not valid", "has no file name" }.Single(p.Reason.Contains)));
        Assert.Equal("x", system.Read("/opt/b"));
    }

    [Fact]
    public void User_and_password_of_a_url_are_used_and_no_process_shows_them()
    {
        string? authorization = null, arguments = null;
        using var server = new LocalServer((request, response) =>
        {
            authorization = request.Headers["Authorization"];
            arguments = string.Concat(Directory.GetDirectories("/proc").Where(d =>
                char.IsDigit(Path.GetFileName(d)[0])).Select(CommandLine));
            return "secret"u8.ToArray();
        });
        Assert.Empty(system.Run(
            $"downloads: [{{path: /opt/f, url: 'http://me:S3CRET%21@127.0.0.1:{server.Port}/x?k=T0KEN', permissions: 0400}}]").Errors());
        Assert.Equal("Basic " + Convert.ToBase64String("me:S3CRET!"u8), authorization);
        Assert.Contains("curl", arguments);
        Assert.DoesNotContain("S3CRET", arguments);
        Assert.DoesNotContain("T0KEN", arguments);
    }

    private static string CommandLine(string process)
    {
        try { return File.ReadAllText(process + "/cmdline"); }
        catch (IOException) { return ""; } // the process has ended
    }

    [Fact]
    public void The_mode_is_the_restricted_one_while_the_content_arrives()
    {
        string? modes = null;
        using var server = new LocalServer((_, response) =>
        {
            response.OutputStream.Write("first"u8);
            response.OutputStream.Flush();
            // The file has a temporary name until it is complete. The thread that waits for curl has it open.
            modes = string.Join(' ',
                Directory.GetFiles("/proc/self/fd").Where(d => (new FileInfo(d).LinkTarget ?? "").Contains("/.key.kairosboot")).Select(d =>
                Convert.ToString(Syscall.TryStat(d)!.Value.Mode, 8)));
            return "second"u8.ToArray();
        });
        Assert.Empty(system.Run($"downloads: [{{path: /opt/key, url: {server.Address}/key, permissions: 0400}}]").Errors());
        Assert.Equal(("400", "firstsecond"), (modes, system.Read("/opt/key")));
    }

    [Fact]
    public void Only_a_changed_file_is_downloaded_again()
    {
        var content = "one";
        var changed = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        var sent = 0;
        using var server = new LocalServer((request, response) =>
        {
            response.Headers["Last-Modified"] = changed.ToString("R", CultureInfo.InvariantCulture);
            if (request.Headers["If-Modified-Since"] is { } since
                && DateTime.Parse(since, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal) >= changed)
            {
                response.StatusCode = 304;
                return null;
            }
            sent++;
            return Encoding.UTF8.GetBytes(content);
        });
        void Get() => Assert.Empty(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f, permissions: 0600}}]").Errors());
        Get();
        Get();
        Assert.Equal(1, sent);
        // Another user may have changed a file with wrong attributes, so it is replaced and not corrected.
        system.Shell("chmod 644 /opt/f");
        Get();
        Assert.Equal((2, "one", "600"), (sent, system.Read("/opt/f"), system.Shell("stat -c %a /opt/f").Trim()));
        (content, changed) = ("two", changed.AddHours(1));
        Get();
        Assert.Equal((3, "two"), (sent, system.Read("/opt/f")));
    }

    [Fact]
    public void A_broken_connection_is_retried_without_duplicate_content()
    {
        using var server = new LocalServer((request, response) =>
        {
            response.ContentLength64 = 10;
            if (request.Headers["Range"] is null && ++broken == 1)
            {
                response.OutputStream.Write("01234"u8);
                response.OutputStream.Flush();
                response.Abort();
                return [];
            }
            return "0123456789"u8.ToArray();
        });
        Assert.Empty(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f}}]").Errors());
        Assert.Equal((2, "0123456789"), (broken, system.Read("/opt/f")));
    }

    private int broken;

    [Fact]
    public void A_download_that_exceeds_the_timeout_fails()
    {
        using var release = new ManualResetEventSlim();
        using var server = new LocalServer((_, _) =>
        {
            release.Wait();
            return [];
        });
        var problem = Assert.Single(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f, timeout: 1}}]").Errors());
        release.Set();
        Assert.EndsWith("/f: not complete after 1 s", problem.Reason);
        Assert.False(system.Has("/opt/f"));
    }

    [Fact]
    public void Without_curl_and_wget_the_problem_names_the_package()
    {
        system.Shell("rm -f /usr/bin/curl /usr/bin/wget");
        Assert.Contains("install the package curl",
            Assert.Single(system.Run("downloads: [{path: /f, url: 'http://h/x'}]").Errors()).Reason);
    }
}
