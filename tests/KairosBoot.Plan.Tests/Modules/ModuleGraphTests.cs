namespace KairosBoot.Plan.Tests;

public class ModuleGraphTests
{
    internal static ModuleGraph Graph(string dependencies, string softDependencies = "", string aliases = "", string builtIn = "") => new(
        "6.1.0-test",
        DepmodFiles.ReadDependencies(dependencies),
        DepmodFiles.ReadSoftDependencies(softDependencies),
        DepmodFiles.ReadAliases(aliases),
        DepmodFiles.ReadBuiltIn(builtIn));

    [Fact]
    public void Dependencies_load_before_their_user_the_farthest_first()
    {
        var graph = Graph("a.ko: b.ko c.ko\nb.ko: c.ko\nc.ko:\n");
        Assert.Equal(["c", "b", "a"], graph.LoadOrder("a"));
        Assert.Equal(["c", "b"], graph.LoadOrder("b"));
    }

    [Fact]
    public void Soft_dependencies_load_before_and_after()
    {
        var graph = Graph("a.ko:\nbefore.ko:\nafter.ko: deep.ko\ndeep.ko:\n", "softdep a pre: before post: after\n");
        Assert.Equal(["before", "a", "deep", "after"], graph.LoadOrder("a"));
        Assert.Equal(["a", "after", "before", "deep"], graph.Closure(["a"]).Order());
    }

    [Fact]
    public void The_soft_dependencies_of_a_dependency_count()
    {
        var graph = Graph("fs.ko: lib.ko\nlib.ko:\ncrc.ko:\n", "softdep lib pre: crc\n");
        Assert.Equal(["crc", "lib", "fs"], graph.LoadOrder("fs"));
    }

    [Fact]
    public void A_soft_dependency_may_be_an_alias_of_several_modules()
    {
        var graph = Graph("fs.ko:\ncrc-intel.ko:\ncrc-generic.ko:\n", "softdep fs pre: crypto-crc\n",
            "alias crypto-crc crc_intel\nalias crypto-crc crc_generic\n");
        Assert.Equal(["crc_intel", "crc_generic", "fs"], graph.LoadOrder("fs"));
    }

    [Fact]
    public void A_missing_or_built_in_soft_dependency_is_skipped()
    {
        var graph = Graph("a.ko:\n", "softdep a pre: nowhere ext4\n", builtIn: "kernel/ext4.ko\n");
        Assert.Equal(["a"], graph.LoadOrder("a"));
    }

    [Fact]
    public void A_cycle_of_soft_dependencies_ends()
    {
        var graph = Graph("a.ko:\nb.ko:\n", "softdep a pre: b\nsoftdep b pre: a\n");
        Assert.Equal(["b", "a"], graph.LoadOrder("a"));
    }

    [Theory]
    [InlineData("a.ko: b.ko\nb.ko: a.ko\n", "")]
    [InlineData("a.ko: a.ko\nb.ko:\n", "softdep a pre: b post: b a")]
    [InlineData("a.ko: b.ko\nb.ko:\n", "softdep b pre: a\nsoftdep a post: b\nsoftdep b post: b")]
    public void A_cycle_of_any_kind_loads_each_module_once(string dependencies, string soft) =>
        Assert.Equal(["a", "b"], Graph(dependencies, soft).LoadOrder("a").Order());

    // Each module is visited from another one, so a chain of any length would overflow the stack.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_chain_that_no_kernel_has_is_an_error(bool soft)
    {
        const int Length = 200_000;
        var numbers = Enumerable.Range(0, Length);
        var graph = soft
            ? Graph(string.Concat(numbers.Select(i => $"m{i}.ko:\n")), string.Concat(numbers.Select(i => $"softdep m{i} pre: m{i + 1}\n")))
            : Graph(string.Concat(numbers.Select(i => $"m{i}.ko: m{(i + 1) % Length}.ko\n")));
        Assert.Contains("more than", Assert.Throws<FormatException>(() => graph.Closure(["m0"])).Message);
    }

    [Fact]
    public void A_dependency_without_a_row_is_an_error()
    {
        var graph = Graph("a.ko: gone.ko\n");
        Assert.Contains("gone", Assert.Throws<FormatException>(() => graph.Closure(["a"])).Message);
    }

    [Fact]
    public void Vfat_includes_its_undeclared_code_pages()
    {
        var graph = Graph("vfat.ko: fat.ko\nfat.ko:\nnls_cp437.ko:\nnls_iso8859-1.ko:\n");
        Assert.Equal(["nls_cp437", "nls_iso8859_1", "fat", "vfat"], graph.LoadOrder("vfat"));
    }
}
