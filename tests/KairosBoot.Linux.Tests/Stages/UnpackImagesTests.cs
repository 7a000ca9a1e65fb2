namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The key unpack_images with real skopeo and umoci and an image in a directory.</summary>
public sealed class UnpackImagesTests : IDisposable
{
    private readonly BootedSystem system = new();

    /// <summary>Two layers: the second removes a file of the first.</summary>
    public UnpackImagesTests() => system.Shell("""
        mkdir -p /srv/a/etc /srv/a/dir; echo one > /srv/a/etc/one; echo gone > /srv/a/dir/gone; chmod 0640 /srv/a/etc/one; chown 1:2 /srv/a/etc/one
        umoci init --layout /srv/oci; umoci new --image /srv/oci:v1
        umoci insert --image /srv/oci:v1 /srv/a/etc /etc; umoci insert --image /srv/oci:v1 /srv/a/dir /dir
        umoci insert --image /srv/oci:v1 --whiteout /dir/gone
        """);

    public void Dispose() => system.Dispose();

    [Fact]
    public void A_new_target_has_all_files_of_the_image_with_owners_and_modes()
    {
        Assert.Empty(system.Run("unpack_images: [{source: 'oci:/srv/oci:v1', target: /opt/a/b}]").Problems);
        Assert.Equal(("one\n", "640 1:2", "dir\netc\n", ""),
            (system.Read("/opt/a/b/etc/one"), system.Shell("stat -c '%a %u:%g' /opt/a/b/etc/one").Trim(), system.Shell("ls /opt/a/b"),
            system.Shell("ls -A /opt/a/b/dir")));
        Assert.Equal("b\n", system.Shell("ls -A /opt/a"));
    }

    [Fact]
    public void Files_are_added_to_an_existing_target()
    {
        system.Put("/opt/b/etc/mine", "mine");
        Assert.Empty(system.Run("unpack_images: [{source: 'oci:/srv/oci:v1', target: /opt/b, platform: linux/amd64}]").Problems);
        Assert.Equal(("one\n", "mine"), (system.Read("/opt/b/etc/one"), system.Read("/opt/b/etc/mine")));
    }

    [Theory]
    [InlineData("/home/eve/t")]
    [InlineData("/mnt/m/home/t")]
    public void Links_of_a_user_below_the_target_and_next_to_it_are_not_followed(string target)
    {
        system.AddEve();
        system.Shell("mkdir -p /mnt/m; mount -t tmpfs -o mode=755,uid=4711,gid=4711 none /mnt/m; mkdir /mnt/m/home; chown eve " +
            "/mnt/m/home; mkdir /srv/secret; echo secret > /srv/secret/one");
        system.ShellAsEve($"mkdir -p {target}/etc; ln -s /srv/secret/one {target}/etc/one; ln -s /srv/secret {target}/dir; ln -s " +
            $"/srv/secret $(dirname {target})/.t.kairosboot");
        var problem = Assert.Single(system.Run($"unpack_images: [{{source: 'oci:/srv/oci:v1', target: {target}}}]").Problems);
        Assert.Contains($"{target}/dir is not a directory", problem.Reason);
        Assert.Equal(("one\n", "640 1:2 regular file", "secret\n", "one\n"),
            (system.Read(target + "/etc/one"), system.Shell($"stat -c '%a %u:%g %F' {target}/etc/one").Trim(),
                system.Read("/srv/secret/one"), system.Shell("ls -A /srv/secret")));
    }

    [Fact]
    public void A_target_below_a_link_of_a_user_is_refused()
    {
        system.AddEve();
        system.ShellAsEve("ln -s /etc /home/eve/t");
        Assert.Contains("belongs to user 4711",
            Assert.Single(system.Run("unpack_images: [{source: 'oci:/srv/oci:v1', target: /home/eve/t}]").Problems).Reason);
        Assert.False(system.Has("/etc/etc"));
    }

    [Fact]
    public void A_new_target_on_a_file_system_of_a_user_has_all_files()
    {
        system.AddEve();
        system.Shell("mkdir /mnt/m; mount -t tmpfs -o mode=755,uid=4711,gid=4711 none /mnt/m");
        Assert.Empty(system.Run("unpack_images: [{source: 'oci:/srv/oci:v1', target: /mnt/m/t}]").Problems);
        Assert.Equal(("640 1:2", "t\n"), (system.Shell("stat -c '%a %u:%g' /mnt/m/t/etc/one").Trim(), system.Shell("ls -A /mnt/m")));
    }

    [Theory]
    [InlineData("{source: 'oci:/srv/none', target: /srv/t/b}", "get oci:/srv/none: skopeo: exit code 1")]
    [InlineData("{source: 'oci:/srv/oci:v1', target: /srv/t/b, platform: amd64}", "platform: 'amd64' is not of the form linux/amd64")]
    [InlineData("{source: '', target: /srv/t/b}", "source is missing")]
    [InlineData("{source: 'oci:/srv/oci:v1', target: b}", "not an absolute path")]
    [InlineData("{source: 'oci:/srv/oci:v1', target: /etc/passwd}", "/etc/passwd is not a directory")]
    [InlineData("{source: 127.0.0.1:1/name, target: /srv/t/b}", "get 127.0.0.1:1/name: skopeo: exit code")]
    public void A_failed_unpack_is_one_problem_and_leaves_no_files(string item, string reason)
    {
        var problem = Assert.Single(system.Run($"unpack_images: [{item}]").Problems);
        Assert.Contains(reason, problem.Reason);
        Assert.Equal((4, "unpack_images", false), (problem.Line, problem.Key, problem.IsWarning));
        Assert.Equal("", system.Shell("ls -A /srv/t 2> /dev/null || :"));
    }

    [Theory]
    [InlineData("skopeo")]
    [InlineData("umoci")]
    public void Without_its_tools_the_problem_names_the_package(string tool)
    {
        system.Shell($"rm /usr/bin/{tool}");
        Assert.Contains($"install the package {tool}",
            Assert.Single(system.Run("unpack_images: [{source: 'oci:/srv/oci:v1', target: /opt/b}]").Problems).Reason);
    }
}
