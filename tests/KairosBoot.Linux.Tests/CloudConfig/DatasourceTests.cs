using System.IO.Compression;
using System.Text;
using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>User-data from real volumes and from a file.</summary>
public sealed class DatasourceTests : IDisposable
{
    private const string Config =
        "stages:\n  initramfs.before: [{commands: [echo before >> /log]}]\n  initramfs:\n  - commands: ['echo S3CRET {{ upper \"x\" }} " +
        ">> /log']\n";

    private readonly ScratchRoot root = new();
    private readonly List<SeedVolume> volumes = [];

    public void Dispose()
    {
        foreach (var volume in volumes) volume.Dispose();
        root.Dispose();
    }

    private void Insert(string name, string label, string path, string content) => Insert(name, label, SeedVolume.With(path, content));

    private void Insert(string name, string label, Action<string> fill, string? debugFs = null) =>
        volumes.Add(new SeedVolume(root, name, label, fill, debugFs));

    /// <summary>As in the shipped config: before everything else, from a separate source.</summary>
    private StageReport Run(string datasource, string stage = "initramfs")
    {
        root.Put("/system/00.yaml",
            $"stages:\n  {stage}.before:\n  - name: seed\n    if: '[ ! -e /oem/95_userdata ]'\n    datasource: {datasource}\n", "0644");
        return root.Run(stage, ["/system", "/oem/"]);
    }

    [Theory]
    [InlineData("vdb", "cidata", "user-data", "[cdrom]")]
    [InlineData("vdb", "CIDATA", "user-data", "[aws, cdrom, gcp]")]
    [InlineData("vdb", "cidata", "config", "cdrom")]
    [InlineData("sr0", "anything", "user-data", "[cdrom]")]
    [InlineData("vdb", "config-2", "openstack/latest/user_data", "[cdrom, config-drive]")]
    [InlineData("vdb", "CONFIG-2", "openstack/latest/user_data", "[config-drive]")]
    public void A_volume_with_the_label_becomes_a_config_that_the_same_pass_reads(string device, string label, string path,
        string providers)
    {
        Insert(device, label, path, Config);
        Assert.Empty(Run($"{{providers: {providers}, path: /oem/95_userdata}}").Problems);
        Assert.Equal("before\nS3CRET X\n", root.Read("/log"));
        Assert.Equal(Config.Replace("{{ upper \"x\" }}", "X"), root.Read("/oem/95_userdata/userdata.yaml"));
        Assert.Equal(root.Read("/oem/95_userdata/userdata.yaml"), root.Read("/oem/95_userdata/userdata"));
        Assert.Equal(["0700 0:0", "0600 0:0", "0600 0:0"],
            new[] { "", "/userdata", "/userdata.yaml" }.Select(f => root.ModeAndOwner("/oem/95_userdata" + f)));
        Assert.Equal("0755 0:0", root.ModeAndOwner("/run/config"));
        Assert.DoesNotContain(root.Log, line => line.Contains("S3CRET"));
        volumes[0].MustBeFree();
    }

    [Theory]
    [InlineData("vdb", "other", "user-data", "{providers: [cdrom]}", "cdrom", true)]
    [InlineData("sr0", "config-2", "user-data", "{providers: [config-drive]}", "config-drive", true)]
    [InlineData("vdb", "cidata", "user-data", "{providers: [config-drive, file], path: /none}", "config-drive, file", true)]
    [InlineData("vdb", "cidata", "meta-data", "{providers: [cdrom, aws]}", "cdrom; aws: not in this stage", true)]
    [InlineData("vdb", "cidata", "user-data", "{providers: [gcp, vmware]}", "gcp, vmware: not in this stage", false)]
    public void Missing_user_data_is_one_problem(string device, string label, string path, string datasource, string reason,
        bool wasLookedFor)
    {
        Insert(device, label, path, Config);
        var problem = Assert.Single(Run(datasource).Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal((wasLookedFor, datasource.Contains("aws") || datasource.Contains("gcp")),
            (problem.Reason.StartsWith("no user-data found by"), problem.IsWarning));
        Assert.False(root.Has("/log"));
    }

    [Fact]
    public void In_the_booted_system_a_cloud_provider_names_an_alternative()
    {
        var problem = Assert.Single(Run("{providers: [cdrom, hetzner], path: /oem/95_userdata}", "network").Problems);
        Assert.False(problem.IsWarning);
        Assert.Contains("hetzner: not supported; to fix: put the user-data on a volume with the label cidata", problem.Reason);
    }

    [Fact]
    public void An_unknown_provider_is_reported_and_the_others_are_used()
    {
        Insert("vdb", "cidata", "user-data", Config);
        var problem = Assert.Single(Run("{providers: [cdrm, cdrom], path: /oem/95_userdata}").Problems);
        Assert.True(problem.IsWarning);
        Assert.StartsWith("cdrm is not one of the providers cdrom, config-drive, file, aws, ", problem.Reason);
        Assert.True(root.Has("/oem/95_userdata/userdata.yaml"));
        Assert.Empty(Run("{providers: [], path: /x}").Problems);
    }

    [Theory]
    [InlineData("absolute", "vdb/user-data is a link to a path outside the volume")]
    [InlineData("upwards", "vdb/user-data is a link to a path outside the volume")]
    [InlineData("directory", "vdb/user-data is a directory, not a file")]
    [InlineData("fifo", "vdb/user-data is a FIFO, not a file")]
    [InlineData("giant", "vdb/user-data has 4294967296 bytes; user-data may have 4194304")]
    [InlineData("loop", "Too many levels of symbolic links")]
    [InlineData("damaged", "mount -t ext4 -o ro,noload /dev/vdb: ")]
    public void A_hostile_or_broken_volume_is_a_problem_and_the_next_one_is_used(string kind, string reason)
    {
        Insert("vdb", "cidata", tree =>
        {
            var path = Path.Combine(tree, "user-data");
            switch (kind)
            {
                case "absolute": File.CreateSymbolicLink(path, "/etc/shadow"); break;
                case "upwards": File.CreateSymbolicLink(path, "../../../etc/shadow"); break;
                case "loop": File.CreateSymbolicLink(path, "user-data"); break;
                case "directory": Directory.CreateDirectory(path); break;
                case "fifo": SeedVolume.MakeFifo(path); break;
                case "giant":
                    using (var file = File.Create(path)) file.SetLength(1L << 32);
                    break;
            }
        }, kind == "damaged" ? "clri <2>" : null);
        Insert("vdc", "cidata", "user-data", Config);
        var problem = Assert.Single(Run("{providers: [cdrom], path: /oem/95_userdata}").Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal(("/system/00.yaml", 5, "seed", "datasource"), (problem.File, problem.Line, problem.Entry, problem.Key));
        Assert.Equal("before\nS3CRET X\n", root.Read("/log"));
    }

    [Fact]
    public void A_link_inside_the_volume_is_followed_and_nothing_is_written_to_it()
    {
        Insert("vdb", "cidata", tree =>
        {
            File.WriteAllText(Path.Combine(tree, "real"), Config);
            File.CreateSymbolicLink(Path.Combine(tree, "user-data"), "real");
        }, "feature needs_recovery");
        var before = File.ReadAllBytes(volumes[0].Image);
        Assert.Empty(Run("{providers: [cdrom], path: /oem/95_userdata}").Problems);
        Assert.True(root.Has("/log"));
        Assert.Equal(before, File.ReadAllBytes(volumes[0].Image));
    }

    [Theory]
    [InlineData("just text", "neither a script nor a config: the document is not a mapping")]
    [InlineData("#cloud-config\na: [\n", "neither a script nor a config: line 3, column 1")]
    [InlineData("\\xff\\xfe", "is not UTF-8 text")]
    public void Text_that_is_neither_a_config_nor_a_script_is_a_problem(string text, string reason)
    {
        var bytes = text == "\\xff\\xfe" ? [0xFF, 0xFE, 0xFF] : Encoding.UTF8.GetBytes(text);
        Insert("vdb", "cidata", tree => File.WriteAllBytes(Path.Combine(tree, "user-data"), bytes));
        var problem = Assert.Single(Run("{providers: [cdrom], path: /oem/95_userdata}").Problems);
        Assert.StartsWith("/dev/vdb/user-data ", problem.Reason);
        Assert.Contains(reason, problem.Reason);
        Assert.False(root.Has("/oem/95_userdata/userdata.yaml"));
    }

    [Theory]
    [InlineData("#!/bin/sh\necho \"$0 {{ upper \"x\" }}\" >> /log; exit 3\n", 3)]
    [InlineData("#!/bin/sh\necho: never >> /log; echo \"$0 X\" >> /log\n", 0)]
    public void A_script_is_run_and_not_used_as_a_config(string script, int code)
    {
        Insert("vdb", "cidata", "user-data", script);
        var report = Run("{providers: [cdrom], path: /oem/95_userdata}");
        Assert.Equal(code == 0 ? [] : [$"/oem/95_userdata/userdata: exit code {code}"], report.Problems.Select(p => p.Reason));
        Assert.Equal("/oem/95_userdata/userdata X\n", root.Read("/log"));
        Assert.Equal(("0700 0:0", false), (root.ModeAndOwner("/oem/95_userdata/userdata"), root.Has("/oem/95_userdata/userdata.yaml")));
    }

    [Fact]
    public void The_file_provider_reads_the_path_and_writes_below_run()
    {
        root.Put("/srv/seed", Config, "0600");
        Assert.Empty(Run("{providers: [cdrom, file], path: /srv/seed, userdata_name: mine.yaml}").Problems);
        Assert.Equal((Config.Replace("{{ upper \"x\" }}", "X"), "0600 0:0"),
            (root.Read("/run/config/mine.yaml"), root.ModeAndOwner("/run/config/mine.yaml")));
    }

    [Theory]
    [InlineData("{providers: [file], path: /etc}", "/etc is a directory, not a file")]
    [InlineData("{providers: [file], path: /pipe}", "/pipe is a FIFO, not a file")]
    [InlineData("{providers: [file], path: relative}", "relative: not an absolute path")]
    [InlineData("{providers: [file], path: /srv/seed, userdata_name: ../x.yaml}", "../x.yaml is not a file name")]
    [InlineData("{providers: [file], path: /bomb}", "/bomb has 5242880 bytes when unpacked; the limit for user-data is 4194304")]
    public void A_file_that_cannot_be_read_is_one_problem(string datasource, string reason)
    {
        SeedVolume.MakeFifo(root.At("/pipe"));
        root.Put("/srv/seed", Config, "0600");
        File.WriteAllBytes(root.At("/bomb"), GZip(new byte[5 << 20]));
        Assert.Contains(reason, Assert.Single(Run(datasource).Problems).Reason);
    }

    [Fact]
    public void Gzip_is_unpacked_and_the_config_taken_out_of_a_multipart_message()
    {
        var message = "Content-Type: multipart/mixed; boundary=\"MIMEBOUNDARY\"\r\n\r\n--MIMEBOUNDARY\r\nContent-Type: text/plain\r\n\r\n" +
            "no\r\n" +
            "--MIMEBOUNDARY\r\nMIME-Version: 1.0\r\nContent-Type: text/cloud-config\r\n\r\nstages: {}\r\n--MIMEBOUNDARY\r\nContent-Type: " +
                "text/cloud-config\r\n\r\nsecond: x\r\n--MIMEBOUNDARY--\r\n";
        File.WriteAllBytes(root.At("/seed"), GZip(Encoding.UTF8.GetBytes(message)));
        Assert.Empty(Run("{providers: [file], path: /seed}").Problems);
        Assert.Equal("stages: {}", root.Read("/run/config/userdata.yaml"));
    }

    [Fact]
    public void Unchanged_user_data_is_not_written_again()
    {
        root.Put("/seed", Config, "0600");
        const string datasource = "{providers: [file], path: /seed}";
        Run(datasource);
        Assert.Equal(0, Mono.Unix.Native.Syscall.stat(root.At("/run/config/userdata.yaml"), out var first));
        Run(datasource);
        Assert.Equal(0, Mono.Unix.Native.Syscall.stat(root.At("/run/config/userdata.yaml"), out var second));
        Assert.Equal(first.st_ino, second.st_ino);
        File.AppendAllText(root.At("/seed"), "# more\n");
        Run(datasource);
        Assert.EndsWith("# more\n", root.Read("/run/config/userdata.yaml"));
    }

    [Fact]
    public void The_directory_appears_complete_or_not_at_all()
    {
        Insert("vdb", "cidata", "user-data", Config);
        root.Put("/oem/95_userdata.kairosboot/left.yaml", "stages: {initramfs: [{files: [{path: /left}]}]}", "0644");
        var tooLong = new string('x', 256) + ".yaml";
        Assert.Contains("File name too long",
            Assert.Single(Run($"{{providers: [cdrom], path: /oem/95_userdata, userdata_name: {tooLong}}}").Problems).Reason);
        Assert.False(root.Has("/oem/95_userdata"));
        Assert.Empty(Run("{providers: [cdrom], path: /oem/95_userdata}").Problems);
        Assert.Equal((true, false, false),
            (root.Has("/oem/95_userdata/userdata.yaml"), root.Has("/oem/95_userdata.kairosboot"), root.Has("/left")));
    }

    [Fact]
    public void OpenStack_metadata_gives_the_host_name_and_keys_of_root()
    {
        Insert("vdb", "config-2", tree =>
        {
            SeedVolume.With("openstack/latest/user_data", "#cloud-config\n")(tree);
            SeedVolume.With("openstack/latest/meta_data.json",
                """{"uuid": "1", "hostname": "from-drive", "public_keys": {"a": "ssh-ed25519 AAA a\n", "b": "ssh-ed25519 BBB b"}}""")(tree);
        });
        Assert.Empty(Run("{providers: [config-drive], path: /oem/95_userdata}").Problems);
        Assert.Equal(("from-drive\n", "ssh-ed25519 AAA a\nssh-ed25519 BBB b\n"),
            (root.Read("/etc/hostname"), root.Read("/root/.ssh/authorized_keys")));
        Assert.Equal(("0600 0:0", "0700 0:0"),
            (root.ModeAndOwner("/run/config/ssh/authorized_keys"), root.ModeAndOwner("/run/config/ssh")));
    }

    [Fact]
    public void Broken_metadata_is_a_problem_and_the_user_data_is_used()
    {
        Insert("vdb", "config-2", tree =>
        {
            SeedVolume.With("openstack/latest/user_data", Config)(tree);
            SeedVolume.With("openstack/latest/meta_data.json", "{\"hostname\": [")(tree);
        });
        Assert.StartsWith("meta_data.json: line ",
            Assert.Single(Run("{providers: [config-drive], path: /oem/95_userdata}").Problems).Reason);
        Assert.True(root.Has("/oem/95_userdata/userdata.yaml"));
    }

    private static byte[] GZip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }
}
