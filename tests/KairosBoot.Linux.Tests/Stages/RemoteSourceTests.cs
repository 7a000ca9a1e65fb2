using System.Text;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>Configs and keys that are fetched.</summary>
public sealed class RemoteSourceTests : IDisposable
{
    private readonly BootedSystem system = new();

    public void Dispose() => system.Dispose();

    [Theory]
    [InlineData("kairos.config_url")]
    [InlineData("cos.setup")]
    public void A_config_URL_is_fetched_once_and_runs_its_three_passes(string option)
    {
        using var server = LocalServer.OfText(
            "stages: {boot.before: [{commands: ['echo before >> /log']}], boot: [{commands: ['echo boot >> /log', 'false']}], " +
            "boot.after: [{commands: ['echo after >> /log']}]}");
        var url = option == "cos.setup" ? $"{server.Address}/c.yaml" : $"http://me:S3CRET@127.0.0.1:{server.Port}/c.yaml?t=T0KEN";
        var report = system.RunDocument("stages: {boot: [{commands: ['echo first >> /log']}]}", commandLine: $"quiet {option}={url}");
        Assert.Equal("first\nbefore\nboot\nafter\n", system.Read("/log"));
        Assert.Equal(1, server.Requests);
        var problem = Assert.Single(report.Errors());
        Assert.Equal(($"{server.Address}/c.yaml", 1, "command 2 (false): exit code 1"), (problem.File, problem.Line, problem.Reason));
        Assert.DoesNotContain(system.Log, line => line.Contains("S3CRET") || line.Contains("T0KEN"));
    }

    [Fact]
    public void Values_of_the_machine_are_escaped_in_the_url()
    {
        string? query = null;
        using var server = new LocalServer((request, _) =>
        {
            query = request.Url!.Query;
            return "stages: {}"u8.ToArray();
        });
        system.Put("/etc/os-release", "ID=debian\nPRETTY_NAME=\"A & B/1 é\"\n");
        Assert.Empty(system.RunDocument("", commandLine: $"kairos.config_url='{server.Address}/c?os={{{{ .Values.os.name }}}}'").Errors());
        Assert.Equal("?os=A%20%26%20B%2F1%20%C3%A9", query);
    }

    [Fact]
    public void A_missing_config_URL_is_a_problem_and_command_line_entries_run()
    {
        using var server = new LocalServer((_, _) => null);
        var problem = Assert.Single(system.RunDocument("",
            commandLine: $"kairos.config_url={server.Address}/c stages.boot[0].files[0].path=/said").Errors());
        Assert.Equal(("/proc/cmdline", "kairos.config_url", false, true),
            (problem.File, problem.Key, problem.IsWarning, system.Has("/said")));
        Assert.Contains("404", problem.Reason);
    }

    [Fact]
    public void Keys_of_a_user_are_fetched_and_added_once()
    {
        using var server = LocalServer.OfText("ssh-ed25519 AAAA one\n# no key\n\nssh-rsa BBBB two\n");
        system.Shell("rm -rf /root/.ssh");
        for (var i = 0; i < 2; i++)
            Assert.Empty(system.Run($"authorized_keys: {{root: ['{server.Address}/me.keys', 'ssh-rsa CCCC']}}", "network").Errors());
        Assert.Equal("ssh-ed25519 AAAA one\nssh-rsa BBBB two\nssh-rsa CCCC\n", system.Read("/root/.ssh/authorized_keys"));
    }

    [Fact]
    public void Arguments_may_be_files_directories_URLs_and_standard_input()
    {
        using var server = LocalServer.OfText("a: 1");
        system.Put("/srv/dir/2.yaml", "b: 2");
        system.Put("/srv/dir/1.yml", "c: 3");
        system.Put("/srv/one", "d: 4");
        var read = system.Do(() =>
            ConfigArguments.ReadAll(["/srv/dir", server.Address + "/x?t=T0KEN", "/srv/../srv/one"], CancellationToken.None));
        Assert.Equal(["/srv/dir/1.yml=c: 3", "/srv/dir/2.yaml=b: 2", $"{server.Address}/x=a: 1", "/srv/one=d: 4"],
            read.SelectMany(source => source.Texts).Select(text => $"{text.Name}={text.Content}"));
        Assert.Contains("/none does not exist",
            Assert.Throws<OperatorException>(() => system.Do(() => ConfigArguments.Find(["/none"], CancellationToken.None))).Problem);
        Assert.Contains("neither a file nor",
            Assert.Throws<OperatorException>(() => system.Do(() => ConfigArguments.Find(["/dev/null"], CancellationToken.None))).Problem);
        Assert.Contains("fetching failed",
            Assert.Throws<OperatorException>(() =>
            system.Do(() => ConfigArguments.Find(["http://127.0.0.1:1/x"], CancellationToken.None))).Problem);
    }

    [Fact]
    public void A_too_large_config_is_refused()
    {
        using var server = LocalServer.OfText(new string('x', 5 * 1024 * 1024));
        Assert.Contains("larger than",
            Assert.Single(system.RunDocument("", commandLine: $"kairos.config_url={server.Address}/c").Errors()).Reason);
    }

    [Fact]
    public void Cancellation_ends_the_run_after_the_running_command()
    {
        using var cancellationToken = new CancellationTokenSource();
        using var server = new LocalServer((_, _) =>
        {
            cancellationToken.Cancel();
            return Encoding.UTF8.GetBytes("x");
        });
        Assert.ThrowsAny<OperationCanceledException>(() => system.RunDocument(
            $"stages: {{boot: [{{commands: ['echo 1 >> " +
                $"/log']}}, {{downloads: [{{path: /f, url: {server.Address}}}], commands: ['echo 2 >> /log']}}]}}",
                cancellationToken: cancellationToken.Token));
        Assert.Equal(("1\n", false), (system.Read("/log"), system.Has("/f")));
    }
}
