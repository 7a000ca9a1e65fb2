using System.Diagnostics;

namespace KairosBoot.Image.Tests.Documents;

/// <summary>What the documents tell a reader to type does what they say. Needs the programs in out/: initrd/build.sh makes them.</summary>
public sealed class DocumentTests : Scratch
{
    private const string Shell = "sh test", Yaml = "yaml test", Recipe = "dockerfile test";

    // The valid fences. A block with a misspelt fence would not be tested.
    private static readonly string[] Kinds = ["", "sh", Shell, "yaml", Yaml, Recipe, "text"];

    public static TheoryData<string> DocumentsWithCommands => With(Shell);

    public static TheoryData<string> DocumentsWithConfigs => With(Yaml);

    /// <summary>The blocks of a document run in order in one directory: later blocks may use files of earlier ones.</summary>
    [Theory]
    [MemberData(nameof(DocumentsWithCommands))]
    public void The_commands_of_a_document_do_what_it_says(string document)
    {
        PrepareDirectory();
        foreach (var block in DocumentBlock.Of(document).Where(block => block.Kind == Shell))
        {
            Run(block, "bash", "-euo", "pipefail", "-c",
            block.Text);
        }
    }

    [Theory]
    [MemberData(nameof(DocumentsWithConfigs))]
    public void The_cloud_configs_of_a_document_pass_lint(string document)
    {
        foreach (var block in DocumentBlock.Of(document).Where(block => block.Kind == Yaml))
        {
            var output = Run(block, "kboot", "lint", "--cloud-config", WriteText("config.yaml", block.Text));
            Assert.False(output.Contains("config.yaml:", StringComparison.Ordinal), $"{block.Document}:{block.Line}: {output}");
        }
    }

    // The boot tests follow the files.
    [Theory]
    [InlineData("Containerfile", Recipe)]
    [InlineData("cloud-config.yaml", Yaml)]
    [InlineData("build.sh", "sh")]
    public void The_recipe_in_the_readme_and_its_files_are_one_text(string file, string kind)
    {
        var text = File.ReadAllText(Path.Combine(DocumentBlock.Repository, "initrd/examples/debian", file));
        Assert.Single(DocumentBlock.Of("README.md"), block => block.Kind == kind && block.Text == text);
    }

    [Fact]
    public void Every_fence_of_a_block_is_known_and_some_are_tests()
    {
        var blocks = DocumentBlock.Documents.SelectMany(DocumentBlock.Of).ToList();
        Assert.All(blocks, block => Assert.True(Kinds.Contains(block.Kind), $"{block.Document}:{block.Line}: '{block.Kind}'"));
        Assert.True(blocks.Count(block => block.Kind == Shell) >= 8);
        Assert.True(blocks.Count(block => block.Kind == Yaml) >= 5);
    }

    [Fact]
    public void No_line_of_a_document_is_longer_than_140_columns()
    {
        foreach (var document in DocumentBlock.Documents)
        {
            var lines = File.ReadAllLines(Path.Combine(DocumentBlock.Repository, document));
            // The row of a table cannot be wrapped.
            Assert.All(lines.Index(),
                line => Assert.True(line.Item.Length <= 140 || line.Item.StartsWith('|'), $"{document}:{line.Index + 1}"));
        }
    }

    [Fact]
    public void Every_link_between_the_documents_leads_to_a_file()
    {
        foreach (var document in DocumentBlock.Documents)
        {
            var text = File.ReadAllText(Path.Combine(DocumentBlock.Repository, document));
            foreach (var link in text.Split("](").Skip(1).Select(rest => rest[..rest.IndexOf(')')].Split('#')[0]))
            {
                if (link.Length == 0 || link.Contains("://", StringComparison.Ordinal)) continue;
                var target = Path.Combine(DocumentBlock.Repository, Path.GetDirectoryName(document)!, link);
                Assert.True(Path.Exists(target), $"{document}: {link} does not exist");
            }
        }
    }

    private static TheoryData<string> With(string kind) =>
        new(DocumentBlock.Documents.Where(document => DocumentBlock.Of(document).Any(block => block.Kind == kind)));

    // The files that the documents use: a system as a directory and as a container export, and a cloud-config.
    private void PrepareDirectory()
    {
        SyntheticKernel.MakeSystem(PathOf("tree"));
        File.Delete(PathOf("tree/kairos-boot"));
        HostTool.Run("tar", "-C", PathOf("tree"), "-cf", PathOf("root.tar"), ".");
        WriteText("my.yaml", "stages:\n  initramfs:\n    - hostname: node\n");
    }

    private string Run(DocumentBlock block, string program, params string[] arguments)
    {
        var programs = Path.Combine(DocumentBlock.Repository, "out");
        var kboot = Path.Combine(programs, "kboot");
        Assert.True(File.Exists(kboot), "out/kboot is missing: initrd/build.sh makes it");
        var start = new ProcessStartInfo(program == "kboot" ? kboot : program, arguments)
        {
            WorkingDirectory = PathOf(""), RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{block.Document}:{block.Line}: exit {process.ExitCode}\n{block.Text}{output}");
        return output;
    }
}
