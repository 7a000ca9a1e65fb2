using System.Text;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests.Reports;

public sealed class SecretTests
{
    private static string Secret(Random random) =>
        new([.. Enumerable.Range(0, 20).Select(_ => "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[random.Next(57)])]);

    private static string Config(string yaml) => new SecretFilter().Config(Encoding.UTF8.GetBytes(yaml));

    private static string Text(string text) => new SecretFilter().Text(text);

    // @N is the name, @S the value, in each form that YAML has for it.
    private static readonly string[] Forms =
    [
        "a:\n  @N: @S\n", "@N: '@S'\n", "@N: \"@S\"\n", "{@N: @S, b: c}\n", "a: [{'@N': \"@S\"}]\n",
        "a:\n  - @N: |\n      @S\n    b: c\n", "@N: >-\n  @S\n", "@N: [@S, \"@S\"]\n", "@N:\n  - a:\n      b: @S\n",
        "x: &s @S\n@N: *s\n", "x: &m\n  @N: @S\ny:\n  <<: *m\n", "@N: !!str @S\n", "? @N\n: @S\n",
        "a.b[0].@N: @S\n", "stages:\n  boot:\n    - commands:\n        - export @N=@S; run\n",
        "stages:\n  boot:\n    - commands: ['run --@N \"@S\"']\n",
        "stages:\n  boot:\n    - files:\n        - path: /etc/app.conf\n          content: |\n            @N = @S\n",
        "stages:\n  boot:\n    - files:\n        - path: /etc/app.yaml\n          content: |\n            a:\n              @N:\n"
            + "                - @S\n",
        "stages:\n  boot:\n    - files:\n        - path: /etc/app.conf\n          content: '{\"@N\": \"@S\", \"b\": 1}'\n",
        "env:\n  - name: @N\n    value: @S\n", "# @N: @S\na: b\n", "a: b # @N: @S\n", "a: b\n---\n@N: @S\n",
    ];

    [Fact]
    public void No_form_of_yaml_shows_the_value_of_a_secret_name()
    {
        var random = new Random(1);
        string[] names = [.. SecretNames.Parts, .. SecretNames.Words, "K3S_TOKEN", "db-password", "rd.luks.key", "wifi_psk", "X-Api-Key"];
        foreach (var name in names)
        {
            foreach (var form in Forms)
            {
                foreach (var spelled in (string[])[name, name.ToUpperInvariant(), "my_" + name])
                {
                    var secret = Secret(random);
                    var yaml = form.Replace("@N", spelled).Replace("@S", secret);
                    Assert.False(Config(yaml).Contains(secret, StringComparison.Ordinal), $"{yaml}\n=>\n{Config(yaml)}");
                }
            }
        }
    }

    [Theory]
    [InlineData("users: {a: {passwd: hunter2-long}}", "hunter2-long")]
    [InlineData("git:\n  auth:\n    username: me-myself\n    private_key: |\n      -----BEGIN KEY\n      zzzz9999\n", "zzzz9999")]
    [InlineData("files:\n- path: /root/.ssh/id_ed25519\n  content: |\n    zzzz9999 plain\n", "zzzz9999")]
    [InlineData("files:\n- path: /etc/x\n  encoding: b64\n  content: enp6ejk5OTk=\n", "enp6ejk5OTk")]
    [InlineData("files:\n- path: /etc/x\n  permissions: 0600\n  content: zzzz9999\n", "zzzz9999")]
    [InlineData("files:\n- path: /etc/x\n  permissions: \"0640\"\n  content: zzzz9999\n", "zzzz9999")]
    [InlineData("files:\n- path: /etc/x\n  content: |\n    a\n    -----BEGIN RSA PRIVATE KEY-----\n    zzzz9999\n"
        + "    -----END RSA PRIVATE KEY-----\n", "zzzz9999")]
    [InlineData("files:\n- path: /etc/NetworkManager/system-connections/a.nmconnection\n  content: x zzzz9999\n", "zzzz9999")]
    [InlineData("files:\n- path: /etc/wpa_supplicant/wpa_supplicant-wlan0.conf\n  content: x zzzz9999\n", "zzzz9999")]
    [InlineData("url: https://me:zzzz9999@example.com/a.git", "zzzz9999")]
    [InlineData("commands: [\"curl -H 'Authorization: Bearer zzzz9999' https://example.com\"]", "zzzz9999")]
    [InlineData("commands: [\"echo 'root:zzzz9999' | chpasswd\"]", "zzzz9999")]
    [InlineData("commands:\n- |\n  chpasswd <<EOF\n  root:zzzz9999\n  EOF\n", "zzzz9999")]
    [InlineData("commands: ['curl -u me:zzzz9999 https://example.com']", "zzzz9999")]
    [InlineData("a: $6$rounds=5000$saltsalt$zzzz9999zzzz9999", "zzzz9999")]
    [InlineData("a: !!binary cGFzc3dvcmQ6IHp6eno5OTk5", "zzzz9999")]
    [InlineData("not: [yaml zzzz9999", "zzzz9999")]
    [InlineData("just zzzz9999", "zzzz9999")]
    public void A_config_does_not_show(string yaml, string secret) => Assert.DoesNotContain(secret, Config(yaml));

    [Theory]
    [InlineData("[    1.0] info  slow: K3S_TOKEN=zzzz9999")]
    [InlineData("[    1.0] info  slow: the password is zzzz9999")]
    [InlineData("[    1.0] info  slow: password: zzzz9999 and more words")]
    [InlineData("BOOT_IMAGE=/v cos.token=zzzz9999 panic=5")]
    [InlineData("config_url=https://me:zzzz9999@example.com/x panic=5")]
    [InlineData("config_url=https://example.com/x?a=b&token=zzzz9999&c=d panic=5")]
    [InlineData("https://me:zz/zzzz9999@example.com/x")]
    [InlineData("export A_SECRET='two zzzz9999 words'")]
    [InlineData("Environment=\"K3S_TOKEN=two zzzz9999\"")]
    [InlineData("{\\\"token\\\": \\\"zzzz9999\\\"}")]
    [InlineData("token = a\"zz zzzz9999\"b")]
    [InlineData("app --api-key zzzz9999 run")]
    [InlineData("app --password=zzzz9999")]
    [InlineData("Proxy-Authorization: Basic zzzz9999==")]
    [InlineData("password: |\n  zzzz9999\n\n  more\nnext: 1")]
    [InlineData("password:\n  - zzzz9999\n")]
    [InlineData("K10abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdef::server:zzzz9999")]
    [InlineData("use ghp_zzzz9999zzzz9999zzzz9999")]
    [InlineData("[    1.0] info  a: -----BEGIN OPENSSH PRIVATE KEY-----\n[    1.0] info  a: zzzz9999\n"
        + "-----END OPENSSH PRIVATE KEY-----\nb")]
    [InlineData("[    1.0] info  a: zzzz9999zzzz9999\n[    1.0] info  a: -----END RSA PRIVATE KEY-----\nb")]
    [InlineData("wpa_passphrase net zzzz9999")]
    [InlineData("sshpass -p zzzz9999 ssh a")]
    [InlineData("echo zzzz9999 | cryptsetup luksOpen /dev/sda1 x")]
    [InlineData("docker login -u me -p zzzz9999 registry")]
    [InlineData("echo -n 'zzzz9999' > /etc/my-secret")]
    [InlineData("cat >/root/.ssh/id_rsa <<EOF\nzzzz9999\nEOF")]
    public void A_text_does_not_show_its_secret(string text) => Assert.DoesNotContain("zzzz9999", Text(text));

    [Theory]
    [InlineData("[    1.204311] info  booting active from /cOS/active.img, kernel 6.1.0-56-cloud-amd64")]
    [InlineData("mkdir -p /sysroot && mount -o loop,ro /run/initramfs/cos-state/cOS/active.img /sysroot")]
    [InlineData("BOOT_IMAGE=(loop0)/boot/vmlinuz root=LABEL=COS_ACTIVE cos-img/filename=/cOS/active.img panic=5 kairosboot.tries=2")]
    [InlineData("PERSISTENT_STATE_PATHS=\"/etc/ssh /home\"\nOVERLAY=\"tmpfs:25%\"")]
    [InlineData("open /etc/passwd: No such file or directory")]
    [InlineData("36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/vda5 rw,errors=continue")]
    [InlineData("https://example.com:8443/a@v1 oci://registry.example.com/image@sha256:0123456789abcdef0123456789abcdef")]
    [InlineData("systemd[1]: Reached target Basic System.")]
    [InlineData("chpasswd")]
    [InlineData("echo hello > /etc/motd; merge a -> /etc/token")]
    [InlineData("lock_passwd: true")]
    [InlineData("ssh_authorized_keys: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8 admin@example")]
    [InlineData("$HOME/$1 and ${PATH}$")]
    public void What_is_no_secret_stays(string text) => Assert.Equal(text, Text(text));

    [Fact]
    public void A_config_without_secrets_stays_readable_and_has_the_same_meaning()
    {
        const string Yaml =
            "#cloud-config\nname: my node\nstages:\n  initramfs:\n    - hostname: node1\n      users:\n        admin:\n" +
            "          groups: [sudo]\n          lock_passwd: true\n          passwd: hunter2-long\n          ssh_authorized_keys:\n" +
            "            - ssh-ed25519 AAAA admin\n      files:\n        - path: /etc/a\n          permissions: 0644\n" +
            "          content: |2\n" +
            "              two\n            lines\n      empty: {}\n      none: []\n      odd: \"a: b\"\n      quoted: \"0644\"\n";
        var redacted = Config(Yaml);
        Assert.Equal(Flat(YamlReader.Read(Yaml.Replace("hunter2-long", "(redacted)"))), Flat(YamlReader.Read(redacted)));
        Assert.StartsWith("#cloud-config\nname: \"my node\"\nstages:\n  initramfs:\n    - hostname: node1\n", redacted);
        Assert.Contains("          passwd: \"(redacted)\"\n", redacted);
        // What was redacted once stays as it is.
        Assert.Equal(redacted, Config(redacted));
    }

    private static string Flat(YamlNode? node) => node switch
    {
        YamlMapping mapping => $"{{{string.Join(',', mapping.Pairs.Select(pair => $"{Flat(pair.Key)}:{Flat(pair.Value)}"))}}}",
        YamlSequence list => $"[{string.Join(',', list.Items.Select(Flat))}]",
        YamlScalar { IsPlain: true } scalar when scalar.Integer() is { } number => $"#{number}",
        YamlScalar scalar => $"'{scalar.Text}'",
        _ => "",
    };

    [Fact]
    public void A_secret_of_one_file_is_removed_from_all_others()
    {
        var filter = new SecretFilter();
        filter.Config("users: {admin: {passwd: correct-horse}}"u8.ToArray());
        Assert.Equal("[1] info  login with (redacted)", filter.Text("[1] info  login with correct-horse"));
        Assert.Equal("a: \"(redacted)\"\n", filter.Config("a: correct-horse"u8.ToArray()));
        Assert.Contains("x (redacted) y", filter.Json("""{"text": "x correct-horse y", "key": "hostname"}"""));
        Assert.Contains("\"key\": \"hostname\"", filter.Json("""{"text": "x correct-horse y", "key": "hostname"}"""));
        Assert.DoesNotContain("Y29ycmVjdC1ob3JzZQ", filter.Text("encoded Y29ycmVjdC1ob3JzZQ=="));
        // A short password is a part of many words.
        filter.Config("users: {a: {passwd: kairos}, b: {passwd: ab}}"u8.ToArray());
        Assert.Equal("/run/kairosboot: kairos table", filter.Text("/run/kairosboot: kairos table"));
    }

    [Fact]
    public void Broken_and_large_inputs_are_filtered_in_a_bounded_time()
    {
        var mutations = new Mutations(Mutations.Seed);
        var yaml = Encoding.UTF8.GetBytes(string.Concat(Forms[..12]).Replace("@N", "token").Replace("@S", "zzzz9999"));
        for (var i = 0; i < 300; i++)
        {
            var bytes = mutations.Of(yaml);
            var filter = new SecretFilter();
            var text = Encoding.UTF8.GetString(bytes);
            Assert.NotNull(filter.Config(bytes) + filter.Text(text) + filter.Json(text));
        }

        // Billions of values with the aliases expanded; a line of a million names; a million openings of a key.
        var laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i =>
            $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat($"*{(char)('a' + i - 1)}", 9))}]\n"));
        Assert.True(Config(laughs).Length < 4 << 20);
        foreach (var part in (string[])["token=a ", "://", "$a", "eyJ:", "token=\"", "-u a:b ", "?token=", "password: ", "bearer "])
            Assert.NotNull(Text(string.Concat(Enumerable.Repeat(part, 100_000))));
        var names = string.Concat(Enumerable.Repeat("token ", 200_000)) + "://" + new string('@', 100_000);
        Assert.NotEmpty(Text(names));
        Assert.NotEmpty(Text(string.Concat(Enumerable.Repeat("AAAABBBB\n", 100_000))));
    }
}
