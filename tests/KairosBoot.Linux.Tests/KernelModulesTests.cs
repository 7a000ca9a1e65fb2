using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// The kernel refuses the module files of these tests, because they are text. So each attempt to load one leaves a sentence with its path.
/// </summary>
public sealed class KernelModulesTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("kairosboot-modules-").FullName;

    [Fact]
    public void Modules_of_the_command_line_load_before_those_that_every_boot_needs()
    {
        var modules = Initrd("kairosboot.modules=second,first",
            "always loop\nload loop loop\nload first before first after\nload second second\n",
            "loop", "before", "first", "after", "second");
        Assert.Equal(["second", "before", "first", "after", "loop"], Tried(modules));
    }

    [Fact]
    public void A_requested_module_that_the_initrd_does_not_have_is_reported_and_the_others_load()
    {
        var modules = Initrd("kairosboot.modules=nowhere,first,ext4", "load first first\nbuiltin ext4\n", "first");
        Assert.Equal(["first"], Tried(modules));
        Assert.Equal("kairosboot.modules: the initrd has no module nowhere; add it with kboot initrd build --modules", modules.Problems[0]);
    }

    [Fact]
    public void An_initrd_without_modules_reports_requested_ones() =>
        Assert.Contains("the initrd has no module first", Initrd("kairosboot.modules=first", null).Problems.Single());

    [Theory]
    [InlineData("modprobe.blacklist=soft", "hard,first,post")]
    [InlineData("modprobe.blacklist=post", "soft,hard,first")]
    [InlineData("modprobe.blacklist=first", "soft,hard,post")]
    [InlineData("modprobe.blacklist=soft modprobe.blacklist=post", "hard,first")]
    [InlineData("modprobe.blacklist=soft,hard,first,post", "")]
    public void A_module_that_is_kept_out_is_not_loaded_for_another_one_either(string words, string expected)
    {
        var modules = Initrd($"kairosboot.modules=user {words}", "load user soft hard first post user\n", "soft", "hard", "first", "post",
            "user");
        Assert.Equal([.. expected.Split(',', StringSplitOptions.RemoveEmptyEntries), "user"], Tried(modules));
    }

    [Fact]
    public void A_requested_module_that_is_also_kept_out_is_reported()
    {
        var modules = Initrd("kairosboot.modules=a-b modprobe.blacklist=a_b", "load a_b a_b\n", "a_b");
        Assert.Equal("kairosboot.modules: modprobe.blacklist keeps a_b out", modules.Problems.Single());
    }

    [Fact]
    public void A_process_with_the_initrd_elsewhere_keeps_the_same_modules_out()
    {
        var modules = Initrd("modprobe.blacklist=first", "load first first\nload second second\n", "first", "second");
        var elsewhere = modules.At(root);
        elsewhere.Load("first");
        elsewhere.Load("second");
        Assert.Equal(["second"], Tried(elsewhere));
    }

    [Fact]
    public void No_name_on_the_command_line_leads_to_a_file_outside_the_initrd()
    {
        File.WriteAllText(root + "/outside.ko", "text");
        var modules = Initrd("kairosboot.modules=../../../outside,/outside,.,\"first second\"", "load first first\n", "first");
        Assert.Empty(modules.Problems);
    }

    [Fact]
    public void Threads_load_each_module_once_and_after_all_that_it_needs()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var needed = new List<List<int>>();
            for (var i = 0; i < 12; i++)
            {
                needed.Add([.. Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).SelectMany(j => needed[j].Append(j))
                    .Distinct().Order()]);
            }
            string[] names = [.. Enumerable.Range(0, needed.Count).Select(i => $"m{i}")];
            var modules = Initrd("", string.Concat(needed.Select((before, i) =>
                $"load m{i} {string.Concat(before.Select(j => $"m{j} "))}m{i}\n")), names);
            var orders = Enumerable.Range(0, 4).Select(_ => names.ToArray()).ToArray();
            foreach (var order in orders) random.Shuffle(order);

            using var together = new Barrier(orders.Length);
            var threads = orders.Select(order => new Thread(() =>
            {
                together.SignalAndWait();
                foreach (var name in order) modules.Load(name);
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());

            var tried = Tried(modules).ToList();
            Assert.Equal(names.Order(), tried.Order());
            foreach (var (i, before) in needed.Index())
                Assert.All(before, j => Assert.True(tried.IndexOf(names[j]) < tried.IndexOf(names[i]), $"seed {seed}: m{j} before m{i}"));
            var elsewhere = modules.At(root);
            foreach (var name in names) elsewhere.Load(name);
            Assert.Empty(elsewhere.Problems);
        }
    }

    [Fact]
    public void What_loads_ahead_is_loaded_once_and_whoever_needs_it_waits_for_it()
    {
        for (var round = 0; round < 50; round++)
        {
            var modules = Initrd("", "always loop\nname fs_ext4 ext4\nload loop loop\nload ext4 journal ext4\nload journal journal\n" +
                "load overlay overlay\n", "loop", "ext4", "journal", "overlay");
            modules.LoadAhead();
            modules.LoadFileSystem("ext4");
            modules.LoadAlways();
            Assert.Equal(["ext4", "journal", "loop"], Tried(modules).Order());
        }
    }

    private KernelModules Initrd(string commandLine, string? index, params string[] files)
    {
        if (index is not null)
        {
            var directory = $"{root}/lib/modules/{Syscall.KernelRelease()}";
            Directory.CreateDirectory(directory);
            File.WriteAllText(directory + "/modules.index", $"modules.index 1\nrelease {Syscall.KernelRelease()}\n{index}");
            foreach (var name in files) File.WriteAllText($"{directory}/{name}.ko", "not a module");
        }
        var modules = new KernelModules(root, BootRequestParser.Parse(KernelCommandLine.Parse(commandLine)));
        modules.LoadRequested();
        modules.LoadAlways();
        return modules;
    }

    private static IEnumerable<string> Tried(KernelModules modules) =>
        modules.Problems.Where(problem => problem.Contains(".ko", StringComparison.Ordinal))
            .Select(problem => Path.GetFileName(problem[..problem.IndexOf(".ko", StringComparison.Ordinal)]));

    public void Dispose() => Directory.Delete(root, recursive: true);
}
