using KairosBoot.CloudConfig;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>The config in the kernel command line: a source, and entries in dot notation.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly ScratchRoot root = new();

    public void Dispose() => root.Dispose();

    private StageReport Run(string commandLine, string stage = "initramfs") => root.Run(stage, ["/oem"], commandLine: commandLine);

    [Theory]
    [InlineData("", true)]
    [InlineData("root=LABEL=COS_ACTIVE console=tty1 quiet 8250.nr_uarts=1 rd.lvm=0 rd.lvm.conf=0 kairos.ram kairos.ram.oem=64", true)]
    [InlineData("kairos.config=stages.x kairos.config_url= cos.setup= cos.setup=install.auto=true kairos.config_urls=/a", true)]
    [InlineData("kairos.config_url=/a", false)]
    [InlineData("cos.setup=/a", false)]
    [InlineData("stages.initramfs[0].name=y", false)]
    public void Other_words_of_the_command_line_are_ignored(string commandLine, bool isEmpty)
    {
        Assert.Equal(isEmpty, CommandLineConfig.Parse(commandLine).IsEmpty);
        Assert.Equal(isEmpty, Run(commandLine) is { EntriesRun: 0, Problems: [] });
    }

    [Theory]
    [InlineData("kairos.config_url=/srv/c", "c")]
    [InlineData("kairos.config_url=/srv/dir", "d1 d2")]
    [InlineData("cos.setup=/srv/c", "c")]
    [InlineData("kairos.config_url=\"/srv/a b.yaml\"", "ab")]
    [InlineData("kairos.config_url='/srv/{{ trunc 1 .Values.os.vendor | replace \"d\" \"c\" }}'", "c")]
    [InlineData("kairos.config_url=/srv/a=b", "a=b")]
    [InlineData("kairos.config_url=/none cos.setup=/srv/c", "c")]
    [InlineData("cos.setup=/none kairos.config_url=/srv/c kairos.config_url=", "c")]
    public void A_source_of_the_command_line_is_read_after_the_others(string commandLine, string read)
    {
        static string Says(string name) =>
            $"stages: {{initramfs: [{{commands: [echo -n {name}' ' >> " +
            $"/log]}}], initramfs.after: [{{commands: [echo -n {name}. >> /after]}}]}}";
        root.Put("/oem/90.yaml", Says("oem"), "0644");
        root.Put("/srv/c", Says("c"), "0644");
        root.Put("/srv/a b.yaml", Says("ab"), "0644");
        root.Put("/srv/a=b", Says("a=b"), "0644");
        root.Put("/srv/dir/2.yaml", Says("d2"), "0644");
        root.Put("/srv/dir/1.yaml", Says("d1"), "0644");
        Assert.Empty(Run(commandLine).Problems);
        Assert.Equal($"oem {read} ", root.Read("/log"));
        Assert.Equal($"oem.{read.Replace(' ', '.')}.", root.Read("/after"));
    }

    [Theory]
    [InlineData("kairos.config_url=https://me:S3CRET@host/x?token=S3CRET", "initramfs", true,
        "not read in this stage: a URL needs the network")]
    [InlineData("cos.setup=tftp://host/S3CRET", "initramfs", true, "needs the network")]
    [InlineData("kairos.config_url=/none.yaml", "rootfs", false, "/none.yaml does not exist")]
    [InlineData("kairos.config_url=/usr/local/c.yaml", "rootfs", true,
        "/usr/local/c.yaml does not exist yet; the next stage looks for it again")]
    [InlineData("kairos.config_url=/usr/local/c.yaml", "initramfs", false, "/usr/local/c.yaml does not exist")]
    [InlineData("kairos.config_url=/fifo", "initramfs", false, "/fifo is neither a file nor a directory")]
    [InlineData("kairos.config_url='stages: {initramfs: [{files: [{path: /a}]}]}'", "initramfs", false, "]} does not exist")]
    [InlineData("kairos.config_url='/{{ .Values.product.uuid }}.yaml'", "initramfs", false, "uses a value that this machine does not have")]
    [InlineData("kairos.config_url='/{{ nofunction }}.yaml'", "initramfs", false, "unknown function 'nofunction'")]
    [InlineData("kairos.config_url=/broken", "initramfs", false, "column")]
    public void An_unreadable_source_of_the_command_line_is_one_problem(string commandLine, string stage, bool isWarning, string reason)
    {
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(root.At("/fifo"), Mono.Unix.Native.FilePermissions.S_IRUSR));
        root.Put("/broken", "a: [", "0644");
        var problem = Assert.Single(Run(commandLine + " stages." + stage + "[0].files[0].path=/said", stage).Problems);
        Assert.Equal((isWarning, true), (problem.IsWarning, root.Has("/said")));
        Assert.Contains(reason, problem.Reason);
        Assert.Contains(problem.File, new[] { "/proc/cmdline", "/broken" });
        Assert.DoesNotContain(root.Log.Append(problem.ToString()), line => line.Contains("S3CRET"));
    }

    [Fact]
    public void Entries_in_dot_notation_run_last_and_have_typed_values()
    {
        root.Put("/oem/90.yaml",
            "stages: {initramfs: [{commands: [echo oem >> /log]}], initramfs.after: [{commands: [echo oem.after >> /log]}]}", "0644");
        root.Put("/srv/c", "stages: {initramfs.after: [{commands: [echo named.after >> /log]}]}", "0644");
        Assert.Empty(Run("""
            quiet kairos.config_url=/srv/c stages.initramfs[0].name=first stages.initramfs[0].commands[0]="echo 'one two' >> /log"
            stages.initramfs[0].commands[1]='echo "$((1+1))" >> /log' stages.initramfs[0].files[0].path=/f stages.initramfs[0].files[0].permissions=0640
            stages.initramfs[0].files[0].owner=5 stages.initramfs[0].files[0].content=true stages.initramfs[0].files[1].path=/g stages.initramfs[0].files[1].permissions=420
            stages.initramfs[0].files[1].content= stages.initramfs[1].users.kairos.no_create_home stages.initramfs[1].users.kairos.passwd=!
            stages.initramfs[1].users.kairos.groups[0]=adm stages.initramfs[2].hostname=~ stages.initramfs.before[0].commands="echo before >> /log"
            stages.initramfs[1].environment_file=/run/x.env stages.initramfs[1].environment.A_B=null
            """).Problems);
        Assert.Equal("oem\noem.after\nnamed.after\nbefore\none two\n2\n", root.Read("/log"));
        Assert.Equal(("true", "0640 5:0", "", "0644 0:0"),
            (root.Read("/f"), root.ModeAndOwner("/f"), root.Read("/g"), root.ModeAndOwner("/g")));
        Assert.Contains("\nkairos:x:1000:1000:", root.Read("/etc/passwd"));
        Assert.Equal((false, "A_B=\"null\"\n", "~\n"), (root.Has("/home/kairos"), root.Read("/run/x.env"), root.Read("/etc/hostname")));
    }

    [Theory]
    [InlineData("stages.initramfs=S3CRET", "not stages.STAGE[NUMBER].KEY=VALUE")]
    [InlineData("stages[0].commands=S3CRET", "not stages.STAGE[NUMBER].KEY=VALUE")]
    [InlineData("stages.initramfs[0]=S3CRET", "names an entry but no key")]
    [InlineData("stages.initramfs[x].commands=S3CRET", "[x] is not a number from 0 to 255")]
    [InlineData("stages.initramfs[-1].commands=S3CRET", "[-1] is not a number")]
    [InlineData("stages.initramfs[99999999999].commands=S3CRET", "is not a number")]
    [InlineData("stages.initramfs[].commands=S3CRET", "[] is not a number")]
    [InlineData("stages.initramfs[0.commands=S3CRET", "a bracket is not closed")]
    [InlineData("stages.initramfs[0]commands=S3CRET", "'c' instead of a dot or a bracket")]
    [InlineData("stages.initramfs[0].users..passwd=S3CRET", "a name is missing")]
    [InlineData("stages.initramfs[0].a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p=S3CRET", "more than 16 levels")]
    [InlineData("stages.initramfs[0].files[0].path.x=S3CRET", ".x: in another word this is a text")]
    [InlineData("stages.initramfs[0].files.path=S3CRET", ".path: in another word this is a list")]
    [InlineData("stages.initramfs[0].files[0][1]=S3CRET", "[1]: in another word this is a mapping")]
    [InlineData("stages.initramfs[0].files=S3CRET", "another word sets a key below it")]
    [InlineData("stages.initramfs[0].files[1].owner=S3CRET", "a text instead of a whole number")]
    [InlineData("stages.initramfs[0].sysctl.net.ipv4.ip_forward=S3CRET", "a mapping instead of a text")]
    [InlineData("stages.initramfs[0].comands[0]=S3CRET", "did you mean commands?")]
    public void Only_the_invalid_word_is_ignored_and_its_value_is_not_shown(string word, string reason)
    {
        var report = Run($"8250.nr_uarts=1 stages.initramfs[0].files[0].path=/before {word} foo/bar=1 " +
            "stages.initramfs[0].files[2].path=/after");
        var problem = Assert.Single(report.Problems, p => !p.Reason.Contains("path is missing"));
        Assert.Contains(reason, problem.Reason);
        Assert.Equal(("/proc/cmdline", true), (problem.File, word.Contains(problem.Key.Split('.')[^1])));
        Assert.True(root.Has("/before") && root.Has("/after"));
        Assert.DoesNotContain(root.Log.Append(problem.ToString()), line => line.Contains("S3CRET"));
    }

    [Fact]
    public void The_last_value_of_a_word_counts_and_missing_numbers_are_empty()
    {
        var report = Run("stages.initramfs[3].files[2].path=/a stages.initramfs[3].files[2].path=/b " +
            "stages.initramfs[1].after[0].name=\"<STDIN>.3\" stages.initramfs[1].commands[0]='[ -e /b ] && : > /late'");
        Assert.Empty(report.Problems);
        Assert.Equal((false, true, true), (root.Has("/a"), root.Has("/b"), root.Has("/late")));
        Assert.Equal(2, report.EntriesRun);
    }

    [Fact]
    public void No_command_line_crashes_or_hangs_the_runner()
    {
        const string seed = "quiet stages.initramfs[0].files[0].path=/f stages.initramfs[0].users.u.uid=7 " +
            "stages.initramfs.before[1].after[0].name=\"<STDIN>.0\" kairos.config_url='/oem/{{ trunc 2 .Values.os.name }}' " +
            "stages.x[2].environment.A=\"b c\"";
        string[] tokens = ["[", "]", ".", "=", "'", "\"", "\\", "#", " ", "\n", "\0", "{{", "}}", "stages.", "[255]", "[0][0]", "é", "😀",
            "://"];
        var random = new Random(20260102);
        File.Delete(root.At("/bin/sh"));
        int entries = 0, problems = 0;
        root.Inside(() =>
        {
            for (var i = 0; i < 3000; i++)
            {
                var text = new System.Text.StringBuilder(seed);
                for (var damage = random.Next(1, 12); damage > 0; damage--)
                {
                    if (random.Next(3) == 0) text.Remove(random.Next(text.Length - 5), random.Next(1, 5));
                    else text.Insert(random.Next(text.Length), tokens[random.Next(tokens.Length)]);
                }

                var report = new StageRunner([], new StageFacts(), MessageLog.None,
                    text.ToString()).Run("initramfs");
                entries += report.EntriesRun;
                problems += report.Problems.Length;
            }
        });
        // Both results must occur, or the test would prove nothing.
        Assert.InRange(entries, 300, 6000);
        Assert.InRange(problems, 1000, 30_000);
    }
}
