using System.Text.RegularExpressions;
using KairosBoot.Cli;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary>The manual pages, as groff reads and prints them, compared with the parser.</summary>
public class ManPageTests : StateCommands
{
    [Fact]
    public void Man_writes_a_page_for_each_verb_that_groff_reads_without_a_warning()
    {
        var directory = PathOf("share/man/man8");
        Assert.Contains($"to fix: create it: mkdir -p {directory}\n", Run(1, ["man", directory], isOnState: false));
        Directory.CreateDirectory(directory);
        var pages = ManPage.All(KbootCommand.Create(), Run(0, ["version"], isOnState: false).Trim()).ToList();
        Assert.Equal($"{directory}: {pages.Count} pages\n", Run(0, ["man", directory], isOnState: false));
        Run(0, ["man", directory], isOnState: false); // over the old ones
        Assert.Equal(HelpCommandTests.Commands().Select(verb => Page(verb.Words)).Order(StringComparer.Ordinal),
            Names(directory).Order(StringComparer.Ordinal));
        foreach (var (file, text) in pages)
        {
            Assert.Equal(text, File.ReadAllText(Path.Combine(directory, file)));
            Assert.Equal("", HostTool.Shell($"groff -man -ww -z -Tascii '{directory}/{file}' 2>&1"));
        }
    }

    [Fact]
    public void A_page_names_all_that_the_parser_knows_of_its_verb()
    {
        var pages = ManPage.All(KbootCommand.Create(), "1").ToDictionary(page => page.File, page => page.Text);
        foreach (var (words, command) in HelpCommandTests.Commands())
        {
            var printed = Print(pages[Page(words)]);
            Assert.Contains($" {string.Join(' ', words.Prepend("kboot"))} ", printed);
            Assert.Contains(command.Description!, printed);
            var position = new WordPosition(KbootCommand.Create());
            Assert.All(words, word => Assert.Null(position.Enter(word)));
            Assert.NotEmpty(position.Options);
            foreach (var option in position.Options)
            {
                Assert.Contains($"{option.Name} ", printed);
                Assert.Contains(option.Description!.TrimEnd('.') + ".", printed);
                Assert.All(option.Aliases.Where(alias => alias[0] == '-'), alias => Assert.Contains($"{alias}, ", printed));
            }

            Assert.All(command.Arguments, argument => Assert.Contains(argument.Description!, printed));
            Assert.All(command.Subcommands.Where(verb => !verb.Hidden), verb =>
            {
                Assert.Contains($" {verb.Name}, see {Page([.. words, verb.Name])[..^2]}(8) {verb.Description}", printed);
            });
        }
    }

    [Fact]
    public void A_page_is_found_by_man_and_has_the_same_bytes_each_time()
    {
        var pages = ManPage.All(KbootCommand.Create(), "1").ToList();
        Assert.Equal(pages, ManPage.All(KbootCommand.Create(), "1"));
        var page = pages.Single(page => page.File == "kboot-image-build.8").Text;
        Assert.StartsWith(".TH \"KBOOT\\-IMAGE\\-BUILD\" \"8\" \"\" \"kboot 1\" \"KairosBoot\"\n", page);
        var printed = Print(page);
        Assert.Contains("kboot-image-build - Build an OS image, with kernel and initrd, from a directory tree or a container export",
            printed);
        Assert.Contains("SYNOPSIS kboot image build [PATH] [OPTION ...]", printed);
        Assert.Contains("--format VALUE File system of the image. Values: erofs, ext4, squashfs. Default: ext4.", printed);
        Assert.Contains("-o, --output FILE Image to write. This option is required.", printed);
        Assert.Contains("SEE ALSO kboot(8), kboot-image(8)", printed);
    }

    private static string Page(string[] words) => string.Join('-', words.Prepend("kboot")) + ".8";

    private string Print(string page)
    {
        var path = WriteText("page", page);
        // Without hyphenation and overstriking, and with single spaces.
        return Regex.Replace(HostTool.Run("groff", "-man", "-Tascii", "-rHY=0", "-P-c", "-P-b", "-P-o", "-P-u", path), @"\s+", " ");
    }
}
