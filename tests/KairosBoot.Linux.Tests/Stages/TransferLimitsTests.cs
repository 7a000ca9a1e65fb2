using System.Text;
using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>Limits that protect a machine from a server, with real curl and wget.</summary>
public sealed class TransferLimitsTests : IDisposable
{
    private readonly BootedSystem system = new();

    public void Dispose() => system.Dispose();

    [Fact]
    public void The_limits_of_a_booted_system_are_those_of_the_documentation() =>
        Assert.Equal((64L << 20, 1024, 60.0),
            (TransferLimits.Production.FreeBytes, TransferLimits.Production.BytesPerSecond, TransferLimits.Production.Window.TotalSeconds));

    private long sent;

    /// <summary>Sends until the client disconnects.</summary>
    private LocalServer Endless() => new((_, response) =>
    {
        var piece = Encoding.ASCII.GetBytes(new string('x', 65535) + "\n");
        response.SendChunked = true;
        for (; sent < 2L << 30; sent += piece.Length) response.OutputStream.Write(piece);
        return [];
    });

    private void UseProgram(string program) => system.Shell(program switch
    {
        "curl" => ":",
        "wget" => "rm /usr/bin/curl",
        _ => "rm /usr/bin/curl /usr/bin/wget; cp /bin/busybox /usr/bin/ 2>/dev/null || :; ln -s busybox /usr/bin/wget",
    });

    [Theory]
    [InlineData("curl")]
    [InlineData("wget")]
    [InlineData("busybox")]
    public void An_endless_response_to_a_config_URL_stops_at_the_limit(string program)
    {
        UseProgram(program);
        using var server = Endless();
        var before = GC.GetTotalAllocatedBytes();
        var problem = Assert.Single(system.RunDocument("", commandLine: $"kairos.config_url={server.Address}/c").Errors());
        Assert.Contains("/c: larger than 4194304 bytes, which is the limit for user-data", problem.Reason);
        Assert.InRange(sent, 0, 32 << 20);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public void An_endless_response_to_a_key_URL_stops_at_the_limit()
    {
        using var server = Endless();
        var problem = Assert.Single(system.Run($"authorized_keys: {{root: ['{server.Address}/me.keys']}}", "network").Errors());
        Assert.Contains("larger than 1048576 bytes, which is the limit for authorized_keys", problem.Reason);
        Assert.InRange(sent, 0, 32 << 20);
    }

    [Theory]
    [InlineData("curl")]
    [InlineData("wget")]
    [InlineData("busybox")]
    public void A_server_that_sends_a_few_bytes_each_second_fails(string program)
    {
        UseProgram(program);
        system.Limits = TransferLimits.Production with { Window = TimeSpan.FromSeconds(1) };
        using var release = new CancellationTokenSource();
        using var server = new LocalServer((_, response) =>
        {
            response.SendChunked = true;
            for (var i = 0; i < 600 && !release.IsCancellationRequested; i++)
            {
                response.OutputStream.Write("x"u8);
                response.OutputStream.Flush();
                release.Token.WaitHandle.WaitOne(100);
            }
            return [];
        });
        system.Put("/opt/f", "old");
        var problem = Assert.Single(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f}}]").Errors());
        release.Cancel();
        Assert.EndsWith("/f: less than 1024 bytes per second for 1 s", problem.Reason);
        Assert.Equal(("old", ""), (system.Read("/opt/f"), system.Shell("ls -A /opt | grep kairosboot || :")));
    }

    [Fact]
    public void A_download_leaves_64_MiB_free_and_keeps_the_old_file()
    {
        system.Shell("mkdir /mnt/t; mount -t tmpfs -o size=260m,mode=755 none /mnt/t; fallocate -l 190M /mnt/t/ballast; echo old > " +
            "/mnt/t/f");
        using var server = Endless();
        var problem = Assert.Single(system.Run($"downloads: [{{path: /mnt/t/f, url: {server.Address}/f}}]").Errors());
        Assert.Matches("/f: the target's file system has 6[0-9]{7} bytes free, and 67108864 must stay free$", problem.Reason);
        Assert.Equal(("old\n", "ballast\nf\n"), (system.Read("/mnt/t/f"), system.Shell("ls -A /mnt/t")));
    }

    [Fact]
    public void On_a_small_file_system_a_quarter_stays_free()
    {
        system.Shell("mkdir /mnt/t; mount -t tmpfs -o size=40m,mode=755 none /mnt/t");
        using (var small = LocalServer.OfText("x"))
            Assert.Empty(system.Run($"downloads: [{{path: /mnt/t/f, url: {small.Address}/f}}]").Errors());
        using var server = Endless();
        Assert.Contains("and 10485760 must stay free",
            Assert.Single(system.Run($"downloads: [{{path: /mnt/t/f, url: {server.Address}/f}}]").Errors()).Reason);
    }

    [Fact]
    public void An_http_URL_without_a_checksum_gives_one_warning_in_a_run()
    {
        using var server = LocalServer.OfText("content");
        var item = $"{{path: /opt/f, url: '{server.Address}/f?t=T0KEN'}}";
        var report = system.RunDocument($"stages: {{boot: [{{downloads: [{item}, {item}]}}, {{downloads: [{item}]}}]}}",
            commandLine: $"kairos.config_url={server.Address}/c");
        Assert.Equal(["/f: its content can be changed", "/c: its content can be changed"],
            report.Problems.Where(problem => problem.IsWarning).Select(problem => problem.Reason[server.Address.Length..][..30]));
        Assert.DoesNotContain(report.Problems, problem => problem.Reason.Contains("T0KEN"));
        Assert.Empty(system.Run($"downloads: [{{path: /opt/g, url: {server.Address}/g, checksum: 'sha256:{Sha("content")}'}}]").Problems);
    }

    private static string Sha(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_wrong_checksum_keeps_the_old_file_and_a_right_one_skips_the_download()
    {
        using var server = LocalServer.OfText("content");
        system.Put("/opt/f", "old");
        string Item(string sum) => $"downloads: [{{path: /opt/f, url: {server.Address}/f, permissions: 0644, checksum: '{sum}'}}]";
        Assert.Contains($"its checksum is sha256:{Sha("content")}, not sha256:{Sha("other")}",
            Assert.Single(system.Run(Item("sha256:" + Sha("other"))).Problems).Reason);
        Assert.Contains("checksum does not have the form", Assert.Single(system.Run(Item("md5:00")).Problems).Reason);
        Assert.Equal(("old", 1), (system.Read("/opt/f"), server.Requests));
        for (var i = 0; i < 2; i++) Assert.Empty(system.Run(Item("sha256:" + Sha("content"))).Problems);
        Assert.Equal(("content", 2), (system.Read("/opt/f"), server.Requests));
    }

    private void Trust(TlsServer server)
    {
        system.Put("/srv/ca.pem", server.Pem);
        system.Shell("cat /srv/ca.pem >> /etc/ssl/certs/ca-certificates.crt");
    }

    [Theory]
    [InlineData("curl", "a redirect must not leave https")]
    [InlineData("wget", "wget cannot keep a redirect on https")]
    [InlineData("busybox", "follows redirects from https to http")]
    public void A_redirect_from_https_to_http_is_refused(string program, string reason)
    {
        UseProgram(program);
        using var plain = LocalServer.OfText("evil");
        using var server = new TlsServer(_ => TlsServer.Redirect(plain.Address + "/x"));
        Trust(server);
        system.Put("/opt/f", "old");
        Assert.Contains(reason, Assert.Single(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f}}]").Problems).Reason);
        Assert.Equal((0, "old"), (plain.Requests, system.Read("/opt/f")));
    }

    [Fact]
    public void A_redirect_to_https_is_followed_and_one_back_to_http_is_refused()
    {
        using var plain = LocalServer.OfText("evil");
        using var server = new TlsServer(path => path == "/good" ? TlsServer.Content("good") : path == "/f" ? TlsServer.Redirect("/good")
            : TlsServer.Redirect(plain.Address + "/x"));
        Trust(server);
        using var first = new LocalServer((request, response) =>
        {
            (response.StatusCode, response.RedirectLocation) = (302, server.Address + request.Url!.AbsolutePath);
            return null;
        });
        Assert.Empty(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f}}, {{path: /opt/g, url: {first.Address}/f}}]")
            .Errors());
        Assert.Equal("goodgood", system.Read("/opt/f") + system.Read("/opt/g"));
        Assert.Contains("a redirect leads from https to http",
            Assert.Single(system.Run($"downloads: [{{path: /opt/h, url: {first.Address}/back}}]").Errors()).Reason);
        Assert.False(system.Has("/opt/h"));
    }

    [Fact]
    public void Without_curl_wget_downloads_over_https()
    {
        UseProgram("wget");
        using var server = new TlsServer(_ => TlsServer.Content("good"));
        Trust(server);
        Assert.Empty(system.Run($"downloads: [{{path: /opt/f, url: {server.Address}/f}}]").Problems);
        Assert.Equal("good", system.Read("/opt/f"));
    }
}
