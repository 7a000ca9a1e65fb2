using KairosBoot.Execution;

namespace KairosBoot.Linux.Tests;

/// <summary>Power cuts: the pass stops at once, its objects are dropped, and the next boot has only the content of the volume.</summary>
public sealed class InterruptedSeedTests
{
    private const string First =
        "mkdir -p d/e was; echo 1 > d/e/f; echo 1 > d/g; echo 1 > same; echo 1 > next; echo 1 > kept; ln next hard; ln -s 1 link; echo 1 " +
            "> grows; echo 1 > was/f; chmod 750 was";
    private const string Second =
        "mkdir -p grows/new was; echo 2 > grows/new/f; echo 2 > d; echo 1 > same; echo 2 > next; echo 2 > kept; ln next hard; ln -s 2 " +
            "link; chmod 700 was; chown 5:6 was; setfattr -n user.t -v 2 was";
    private const string Third = "mkdir -p d/e; echo 3 > d/e/f; echo 3 > next; ln -s 1 link; echo 3 > kept";
    private const string User = "echo user > kept; echo user > mine; touch -d @5 kept mine; rm same";

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    [InlineData(Third)]
    public void A_pass_interrupted_after_any_change_is_completed_by_any_image(string next) => StateSeedTests.OnVolume(machine =>
    {
        Restart(machine);
        machine.GoodBoot("2");
        machine.Install(next);
        machine.GoodBoot("next");
        var expected = StateMachine.List(machine.Store, directoryTimes: false);
        Restart(machine);
        for (int cut = 0, actions = 1; cut <= actions; cut++)
        {
            Restart(machine);
            using var pass = PersistentSeed.Begin(machine.Step("2"), new PersistentSeedResult())!;
            actions = pass.Actions;
            Assert.True(actions > 8 && pass.Announce());
            pass.Change(limit: cut);
            machine.Install(next);
            machine.GoodBoot("next");
            Assert.Equal($"{expected}\nafter {cut}", $"{StateMachine.List(machine.Store, directoryTimes: false)}\nafter {cut}");
            Assert.Equal(0, machine.Boot("next").Compared);
        }
    });

    [Fact]
    public void Two_interrupted_passes_with_two_images_are_completed() => StateSeedTests.OnVolume(machine =>
    {
        Restart(machine);
        machine.GoodBoot("2");
        machine.Install(Third);
        machine.GoodBoot("3");
        machine.Install(Second);
        machine.GoodBoot("2");
        var expected = StateMachine.List(machine.Store, directoryTimes: false);
        for (var (first, second) = (0, 0); first < 12; first++, second = first * 5 % 7)
        {
            Restart(machine);
            Cut(machine, "2", first);
            machine.Install(Third);
            Cut(machine, "3", second);
            machine.Install(Second);
            machine.GoodBoot("2");
            Assert.Equal($"{expected}\nafter {first}", $"{StateMachine.List(machine.Store, directoryTimes: false)}\nafter {first}");
        }
    });

    [Fact]
    public void Half_changed_attributes_of_a_directory_are_not_the_users_change() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("mkdir d; chmod 750 d");
        machine.GoodBoot("1");
        machine.Install("mkdir d; chmod 2700 d; chown 5:6 d; setfacl -m u:7:rx d");
        Cut(machine, "2", 0);
        machine.User("chown 5:6 d; setfattr -n user.half -v 1 d");
        machine.GoodBoot("2");
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
    });

    [Theory]
    [InlineData(0)] // before the manifest is written
    [InlineData(1)] // after that, before the store has its name
    [InlineData(2)] // after that
    public void An_interrupted_first_copy_is_complete_or_repeated(int cut) => StateSeedTests.OnVolume(machine =>
    {
        machine.Install(First);
        using var pass = PersistentSeed.Begin(machine.Step("1"), new PersistentSeedResult())!;
        Assert.False(Directory.Exists(machine.Store));
        if (cut > 0) Assert.True(pass.Announce());
        if (cut > 1) Assert.True(pass.Change());
        machine.Install(Second);
        machine.GoodBoot("2");
        Assert.Equal(StateMachine.List(machine.Image, directoryTimes: false), StateMachine.List(machine.Store, directoryTimes: false));
    });

    [Theory]
    [InlineData("true")]
    [InlineData("mkdir -m 755 etc.bind")]
    [InlineData("mkdir -m 700 etc.bind")]
    [InlineData("mkdir -m 700 etc.bind; chown 5:6 etc.bind")]
    [InlineData("mkdir etc.bind; chown 5:6 etc.bind; chmod 2750 etc.bind")]
    public void An_empty_store_that_was_created_in_part_is_completed_by_any_image(string part) => StateSeedTests.OnVolume(machine =>
    {
        foreach (var next in (string[])["chmod 2750 .; chown 5:6 .", "chmod 1777 .; setfattr -n user.t -v 2 .", Second])
        {
            FileTree.Delete(machine.Target);
            machine.Install("chmod 2750 .; chown 5:6 .");
            Cut(machine, "1", 0);
            Assert.False(Directory.Exists(machine.Store));
            StateMachine.Sh($"cd {machine.Target}; {part}");
            machine.Install(next);
            machine.GoodBoot("next");
            Assert.Equal(StateMachine.List(machine.Image, directoryTimes: false), StateMachine.List(machine.Store, directoryTimes: false));
            Assert.Equal(0, machine.Boot("next").Compared);
        }
    });

    [Fact]
    public void A_label_of_an_empty_directory_is_set_before_the_store_has_its_name() => StateSeedTests.OnVolume(machine =>
    {
        machine.Install("setfattr -n security.selinux -v system_u:object_r:etc_t:s0 .");
        Cut(machine, "1", 0);
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Target + "/.kairosboot/staging/0"));
        machine.GoodBoot("1");
        Assert.Equal(StateMachine.List(machine.Image), StateMachine.List(machine.Store));
    });

    [Fact]
    public void Staged_files_are_ignored_until_the_next_pass() => StateSeedTests.OnVolume(machine =>
    {
        Restart(machine);
        var before = StateMachine.List(machine.Store);
        using (var pass = PersistentSeed.Begin(machine.Step("2"), new PersistentSeedResult())) Assert.NotNull(pass);
        Assert.True(Directory.Exists(machine.Target + "/.kairosboot/staging"));
        Assert.Equal(before, StateMachine.List(machine.Store));
        machine.GoodBoot("2");
    });

    private static void Cut(StateMachine machine, string id, int limit)
    {
        using var pass = PersistentSeed.Begin(machine.Step(id), new PersistentSeedResult())!;
        Assert.True(pass.Announce());
        pass.Change(limit);
    }

    /// <summary>A machine that booted the first image, whose user then made changes, and that has the second image now.</summary>
    private static void Restart(StateMachine machine)
    {
        FileTree.Delete(machine.Target);
        machine.Install(First);
        machine.GoodBoot("1");
        machine.User(User);
        machine.Install(Second);
    }
}
