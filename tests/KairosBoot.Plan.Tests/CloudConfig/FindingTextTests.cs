using System.Text.RegularExpressions;
using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Plan.Tests;

/// <summary>The text of every finding names a place and a reason, also for keys that are empty or blank.</summary>
public sealed class FindingTextTests
{
    private static readonly string[] Values =
    [
        "", "''", "' '", "~", "[]", "{}", "[~]", "['']", "[[]]", "[{}]", "{'': x}", "{' ': x}", "{a: }", "{'': {'': x}}", "[{'': x}]",
        "[{a: b}]", "x", "a: b", "'a: b'", "0", "-1", "true", "/a/b", "'{{'", "'{{ .x }}'", "\"\\n\"", "\"a\\n\\nb\"", "\"\\0\"",
        "[x, {a: b}]",
        "{name: ''}", "[{name: ''}]", "[{path: ''}]", "[{path: /a, owner: ''}]", "[{path: /a, encoding: ''}]",
    ];

    private static readonly string[] Frames =
    [
        "{0}: {1}\n", "#cloud-config\n{0}: {1}\n", "#cloud-config\n{0}: [{1}]\n", "install: {{{0}: {1}}}\n", "stages: {{{0}: {1}}}\n",
        "stages: {{{0}: [{{commands: [x]}}]}}\n", "#cloud-config\nusers: [{{name: u, {0}: {1}}}]\n",
        "#cloud-config\nusers: {{u: {{{0}: {1}}}}}\n",
        "#cloud-config\nwrite_files: [{{path: /a, {0}: {1}}}]\n", "stages: {{boot: [{{name: {1}, {0}: 1}}]}}\n",
    ];

    [Fact]
    public void Each_finding_has_a_reason_and_no_empty_part()
    {
        var bad = new SortedSet<string>(StringComparer.Ordinal);
        var count = 0;
        foreach (var text in Documents())
        {
            foreach (var problem in ConfigLint.Check(text, "x.yaml", scripts: false))
            {
                count++;
                if (Regex.IsMatch(problem.Text, @": :|::|:\s*$|\.:|\n") || problem.Reason.Trim().Length == 0)
                    bad.Add($"{problem.Text}      <- {text.ReplaceLineEndings("\\n")}");
            }
        }
        Assert.True(count > 5_000, $"{count} findings");
        Assert.True(bad.Count == 0, string.Join('\n', bad));
    }

    private static IEnumerable<string> Documents()
    {
        string[] keys = ["''", "' '", "':'", "a", "users", "hostname", "runcmd", "ssh_authorized_keys", "write_files", "growpart", "device",
            "auto", "grub_options", "bind_mounts", "passwd", "groups", "uid", "homedir", "content", "encoding", "permissions", "name",
            "stages"];
        foreach (var frame in Frames)
        {
            foreach (var key in keys)
                foreach (var value in Values) yield return string.Format(frame, key, value);
        }
        var entry = BootedKeys.Table(TransferLimits.Production).Entry;
        foreach (var path in Paths(entry, "{0}"))
            foreach (var value in Values) yield return $"stages: {{boot: [{path.Replace("{0}", value)}]}}\n";
    }

    /// <summary>Each part of the schema, with {0} in its place.</summary>
    private static IEnumerable<string> Paths(Schema schema, string place)
    {
        yield return place;
        foreach (var (name, part) in schema.Parts)
        {
            var inner = name.Length > 0 ? [$"{{{name}: {{0}}}}"] : (string[])["[{0}]", "{k: {0}}"];
            foreach (var form in inner)
                foreach (var path in Paths(part, place.Replace("{0}", form))) yield return path;
        }
    }
}
