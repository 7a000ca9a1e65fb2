using System.Text;
using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>Manifests of versions before the keyed signatures, such versions that meet a present manifest, and a lost key.</summary>
public sealed class StateVersionTests
{
    private const string First = "echo v1 > left; echo v1 > edited; echo v1 > deleted; echo v1 > dropped; echo v1 > same; mkdir d gone; " +
        "echo v1 > d/f; echo v1 > gone/f; ln -s v1 link; ln left hard";
    private const string User = "echo user > edited; rm deleted; echo user > mine; echo user > d/mine";
    private const string Second = "echo v2 > left; echo v2 > edited; echo v2 > deleted; echo v1 > same; mkdir -m 700 d; echo v2 > d/f; " +
        "echo v2 > added; ln -s v2 link; ln left hard";

    // As Second is merged after First and User: what the user left alone follows the image.
    private const string Merged = "added v2\nd/f v2\nd/mine user\nedited user\nhard v2\nleft v2\nlink v2\nmine user\nsame v1\n";

    private static string Files(StateMachine machine) => StateMachine.Sh($"cd {machine.Store}; find . ! -type d -printf '%P\\n' | sort | " +
        "while read -r f; do if [ -L $f ]; then echo $f $(readlink $f); else echo $f $(cat $f); fi; done");

    [Fact]
    public void Signatures_of_older_versions_are_as_a_release_wrote_them() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("printf '[Unit]\\n' > unit.service; printf 'PermitRootLogin no\\n' > sshd_config; chmod 755 .; chmod 644 *");
        using var image = Syscall.Open(machine.Image, OpenFlags.ReadOnly | OpenFlags.Directory);
        var entries = new PersistentScan(OldVersion.Reader()).OfImage(image);
        Assert.Equal(
            ["da00de7c76987e36d2bb9a36a443f200d ", "f19.7187c73dd961e26ad4d0f2f8376bd822 sshd_config",
                "f7.eb6e6aea5e55bea5f26a88ed10da2d2e unit.service"],
            entries.Select(entry => $"{entry.Former!.Image} {entry.Name}"));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_manifest_of_an_older_version_is_converted_by_the_next_image(bool isOld) => StateSeedTests.OnVolume(machine =>
    {
        machine.Install(First);
        machine.GoodBoot("1");
        if (isOld) OldVersion.Write(machine, "1");
        machine.User(User);
        var before = File.ReadAllBytes(machine.Manifest);
        Assert.Equal(0, machine.Boot("1").Compared);
        Assert.Equal(before, File.ReadAllBytes(machine.Manifest));
        machine.Install(Second);
        var result = machine.GoodBoot("2");
        Assert.Equal(Merged, Files(machine));
        Assert.Equal((0, 1), (result.Seeded, result.Compared));
        Assert.Equal("700\n", StateMachine.Sh($"stat -c %a {machine.Store}/d"));
        Assert.Contains("siphash-2-4-128:", File.ReadAllText(machine.Manifest));
        // The converted manifest knows what was seeded: the files follow the next image too.
        machine.Install(First);
        machine.GoodBoot("1");
        Assert.Equal("d/f v1\nd/mine user\ndropped v1\nedited user\ngone/f v1\nhard v1\nleft v1\nlink v1\nmine user\nsame v1\n",
            Files(machine));
    });

    [Fact]
    public void An_interrupted_conversion_is_completed() => StateSeedTests.OnVolume(machine =>
    {
        for (int cut = 0, actions = 1; cut <= actions; cut++)
        {
            FileTree.Delete(machine.Target);
            machine.Install(First);
            machine.GoodBoot("1");
            OldVersion.Write(machine, "1");
            machine.User(User);
            machine.Install(Second);
            using (var pass = PersistentSeed.Begin(machine.Step("2"), new PersistentSeedResult())!)
            {
                actions = pass.Actions;
                Assert.True(actions > 5 && pass.Announce());
                pass.Change(limit: cut);
            }
            machine.GoodBoot("2");
            Assert.Equal($"{Merged}after {cut}", $"{Files(machine)}after {cut}");
        }
    });

    [Theory]
    [InlineData("rm KEY")]
    [InlineData("printf 0123456789abcdef > KEY")]
    [InlineData("printf 0123456789 > KEY")]
    [InlineData("head -c 16 /dev/zero > KEY")]
    [InlineData("truncate -s 0 KEY")]
    [InlineData("truncate -s 1T KEY")]
    [InlineData("rm KEY; mkdir KEY")]
    [InlineData("rm KEY; ln -s /dev/zero KEY")]
    [InlineData("rm KEY; mkfifo KEY")]
    public void Without_its_key_a_manifest_keeps_all_files_that_differ_from_the_image(string damage) => StateSeedTests.OnVolume(machine =>
    {
        machine.Install(First);
        machine.GoodBoot("1");
        machine.User(User);
        StateMachine.Sh(damage.Replace("KEY", machine.Key, StringComparison.Ordinal));
        Assert.Equal(0, machine.Boot("1").Compared);
        machine.Install(Second);
        machine.GoodBoot("2");
        Assert.Equal("added v2\nd/f v1\nd/mine user\ndropped v1\nedited user\ngone/f v1\nhard v1\nleft v1\nlink v1\nmine user\nsame v1\n",
            Files(machine));
        Assert.Equal("16 600\n", StateMachine.Sh($"stat -c '%s %a' {machine.Key}"));
        // Files that are the same as in the image follow the next one again.
        machine.Install("echo v3 > same; echo v3 > added");
        machine.GoodBoot("3");
        Assert.StartsWith("added v3\n", Files(machine), StringComparison.Ordinal);
        Assert.EndsWith("same v3\n", Files(machine), StringComparison.Ordinal);
    });

    [Fact]
    public void Two_machines_have_different_keys_and_signatures() => StateSeedTests.OnVolume(machine =>
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            FileTree.Delete(machine.Target);
            machine.Install(First);
            machine.GoodBoot("1");
            Assert.True(seen.Add(Convert.ToHexString(File.ReadAllBytes(machine.Key))));
            Assert.True(seen.Add(Encoding.UTF8.GetString(File.ReadAllBytes(machine.Manifest)).Split('\n')[2]));
        }
    });

    [Fact]
    public void An_older_version_keeps_every_file_that_differs_from_its_image() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install(Second);
        machine.GoodBoot("2");
        machine.User("echo user > edited; rm deleted; echo user > mine");
        // It does not know even the same image, but finds nothing to do.
        Assert.Empty(OldVersion.Merge(machine, "2", out var isKnown).Actions);
        Assert.False(isKnown);
        machine.Install(First);
        var merge = OldVersion.Merge(machine, "1", out _);
        // Only what the store lacks is added; the file that the user deleted stays deleted.
        Assert.Equal(["# copy from the image: dropped", "# copy from the image: gone", "# copy from the image: gone/f"],
            merge.Actions.Select(action => action.ToString()));
    });

    [Fact]
    public void An_older_version_loses_nothing_after_an_interrupted_update() => StateSeedTests.OnVolume(machine =>
    {
        for (int cut = 0, actions = 1; cut <= actions; cut++)
        {
            FileTree.Delete(machine.Target);
            machine.Install(First);
            machine.GoodBoot("1");
            machine.User(User);
            machine.Install(Second);
            using (var pass = PersistentSeed.Begin(machine.Step("2"), new PersistentSeedResult())!)
            {
                actions = pass.Actions;
                Assert.True(pass.Announce());
                pass.Change(limit: cut);
            }
            machine.Install(First);
            var merge = OldVersion.Merge(machine, "1", out _);
            Assert.DoesNotContain(merge.Actions, action => action.Kind == MergeActionKind.Remove
                || action.Entry.Name is "edited" or "deleted" or "mine" or "d/mine");
        }
    });
}
