namespace KairosBoot.Image.Tests.CommandLine;

/// <summary>Files and trees that are given without an option: the same results as with it.</summary>
public class PositionalFileTests : StateCommands
{
    [Fact]
    public void A_directory_and_a_container_export_become_the_image_that_their_options_give()
    {
        SyntheticKernel.MakeSystem(PathOf("tree"));
        HostTool.Run("tar", "-C", PathOf("tree"), "-cf", PathOf("root.tar"), ".");
        foreach (var (option, path) in new[] { ("--root", PathOf("tree")), ("--tar", PathOf("root.tar")) })
        {
            Build(PathOf("option.img"), option, path, "--output");
            Build(PathOf("argument.img"), path, "-o");
            HostTool.Run("cmp", PathOf("option.img"), PathOf("argument.img"));
        }

        void Build(string image, params string[] words) =>
            Run(0, ["image", "build", .. words, image, "--init", PathOf("tree/kairos-boot")], isOnState: false);
    }

    [Fact]
    public void Lint_takes_a_directory_as_a_tree_and_files_as_cloud_configs()
    {
        SyntheticKernel.MakeSystem(PathOf("tree"));
        WriteText("tree/oem/in-tree.yaml", "stages:\n  boot:\n    - hostnam: node\n");
        Directory.CreateSymbolicLink(PathOf("link"), PathOf("tree"));
        var (one, two) = (WriteText("one.yaml", "stages:\n  boot:\n    - comands: [a]\n"), WriteText("two.yaml", "stges: {}\n"));
        Same(["--root", PathOf("tree")], [PathOf("tree")]);
        Same(["--root", PathOf("link")], [PathOf("link")]);
        Same(["--cloud-config", one, "--cloud-config", two], [one, two]);
        Same(["--cloud-config", one, "--root", PathOf("tree")], [one, PathOf("tree")]);
        Same(["--cloud-config", one, "--root", PathOf("tree")], [one, "--root", PathOf("tree")]);
        Assert.Contains("comands", Lint(1, one));
        Assert.Contains($"{PathOf("none")} does not exist", Lint(1, PathOf("none")));

        void Same(string[] options, string[] arguments) => Assert.Equal(Lint(1, options), Lint(1, arguments));
    }

    [Fact]
    public void Upgrade_takes_a_finished_image()
    {
        var missing = PathOf("none.img");
        var withOption = Run(1, "upgrade", "--image", missing);
        Assert.Contains(missing, withOption);
        Assert.Equal(withOption, Run(1, "upgrade", missing));
    }

    [Theory]
    [InlineData("Give one of FILE, --image, --root, --tar, --oci and --staged: FILE and --image are given.",
        "upgrade", "a", "--image", "b")]
    [InlineData("Give one of FILE, --image, --root, --tar, --oci and --staged: FILE, --tar and --oci are given.",
        "upgrade", "a", "--tar", "b", "--oci", "c")]
    [InlineData("Give one of FILE, --image, --root, --tar, --oci and --staged.", "upgrade")]
    [InlineData("Give one of FILE, --image, --root, --tar, --oci and --staged: FILE and --staged are given.", "upgrade", "a", "--staged")]
    [InlineData("Give one of --dry-run, --download-only and --staged: --download-only and --staged are given.",
        "upgrade", "--staged", "--download-only")]
    [InlineData("Give --no-assessment together with --download-only: it is kept with the staged image.",
        "upgrade", "--staged", "--no-assessment")]
    [InlineData("Give --dry-run together with FILE, --image or --root: a container export or an OCI image can be checked only after it " +
        "is unpacked.", "upgrade", "--dry-run", "--tar", "x")]
    [InlineData("Unrecognized command or argument 'b'.", "upgrade", "a", "b")]
    [InlineData("Give one of PATH, --root and --tar: PATH and --root are given.", "image", "build", "/", "--root", "/", "-o", "x")]
    [InlineData("Give one of PATH, --root and --tar: PATH and --tar are given.", "image", "build", "x", "--tar", "y", "-o", "x")]
    [InlineData("Give one of PATH, --root and --tar.", "image", "build", "-o", "x")]
    [InlineData("Option '--output' is required.", "image", "build", "/")]
    [InlineData("PATH is empty: give it a value, or omit it", "image", "build", "", "-o", "x")]
    [InlineData("--output is empty: give it a value, or omit it", "image", "build", "/", "-o", "")]
    [InlineData("FILE is empty: give it a value, or omit it", "upgrade", "")]
    [InlineData("Give one of --image, --root and --tar: --image and --tar are given.", "install", "--image", "a", "--tar", "b")]
    [InlineData("Give one of --image, --root, --tar and --oci: --image and --root are given.", "reset", "--image", "a", "--root", "b")]
    [InlineData("Give a PATH, --root or --cloud-config.", "lint")]
    [InlineData("Give one directory tree: /etc and /usr are given.", "lint", "/etc", "x.yaml", "/usr")]
    [InlineData("Give one directory tree: /etc and --root /usr are given.", "lint", "/etc", "--root", "/usr")]
    [InlineData("Give cloud-configs in one way: a and --cloud-config b are given.", "lint", "a", "--cloud-config", "b")]
    [InlineData("PATH is empty: give it a value, or omit it", "lint", "a.yaml", "")]
    public void What_is_given_twice_or_not_at_all_is_named(string problem, params string[] words) =>
        Assert.Contains($"kboot: {problem}\n", Run(2, words, isOnState: false));

    [Fact]
    public void Every_output_option_has_the_same_short_form()
    {
        var outputs = HelpCommandTests.Commands().SelectMany(verb => verb.Command.Options).Where(option => option.Name == "--output");
        Assert.Equal(3, outputs.Count());
        Assert.All(outputs, option => Assert.Equal(["-o"], option.Aliases));
    }

    private string Lint(int code, params string[] words) => Run(code, ["lint", "--strict", .. words], isOnState: false);
}
