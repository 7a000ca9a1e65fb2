using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>Stages with another tree as the root. The tree may belong to a user.</summary>
public sealed class OtherRootTests : IDisposable
{
    private readonly BootedSystem system = new();

    public OtherRootTests()
    {
        system.AddEve();
        system.Shell("mkdir /srv/tree");
    }

    public void Dispose() => system.Dispose();

    [Theory]
    [InlineData("ln -s /etc /srv/tree/dev", "/srv/tree/dev is a link")]
    [InlineData("chown eve /srv/tree; ln -s /srv/tree /home/eve/tree; chown -h daemon /home/eve/tree", "belongs to user 1")]
    [InlineData("chown eve /srv/tree; mkdir /srv/tree/dev; chown daemon /srv/tree/dev", "/dev, which belongs to user 1")]
    [InlineData("touch /srv/tree/sys", "Not a directory")]
    public void A_tree_that_redirects_a_mount_is_refused(string plant, string reason)
    {
        system.Shell(plant);
        var tree = system.Has("/home/eve/tree") ? "/home/eve/tree" : "/srv/tree";
        Assert.Contains(reason, Assert.Throws<OperatorException>(() => system.Do(() => AlternateRoot.Enter(tree))).Message);
        Assert.Equal("", system.Shell("grep -E ' /(etc|home|opt)[ /]' /proc/self/mounts || :"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("eve")]
    public void A_tree_becomes_the_root_with_the_machines_file_systems_in_it(string owner)
    {
        system.Shell($"touch /srv/tree/here; chown -R {owner} /srv/tree");
        system.Do(() => AlternateRoot.Enter("/srv/tree"));
        Assert.True(system.Has("/here") && system.Has("/proc/self/status") && system.Has("/dev/null") && system.Has("/sys/class")
            && system.Has("/run"));
    }
}
