using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>
/// kboot checks a config with 8 times its size and 8 MiB of memory. The limit of the runtime's heap is the same on every machine, unlike
/// the memory of the process, which depends on the processor's cache.
/// </summary>
public sealed class ConfigMemoryTests : IDisposable
{
    private const int Size = 2_000_000, BaseMemory = 8 << 20, Factor = 8;
    private const string File = "stages:\n  boot:\n  - files:\n    - path: /a\n";

    private readonly string path = Path.GetTempFileName();

    public void Dispose() => System.IO.File.Delete(path);

    [Theory]
    [InlineData("short values")]
    [InlineData("pairs")]
    [InlineData("a block")]
    [InlineData("quotes")]
    [InlineData("base64")]
    [InlineData("gzip")]
    [InlineData("a template")]
    [InlineData("files")]
    [InlineData("users")]
    [InlineData("entries")]
    [InlineData("anchors")]
    [InlineData("long keys")]
    [InlineData("nested lists")]
    [InlineData("comments")]
    [InlineData("UTF-16")]
    public void A_config_takes_at_most_eight_times_its_size_and_eight_mebibytes(string kind)
    {
        var text = Text(kind);
        System.IO.File.WriteAllText(path, text, kind == "UTF-16" ? Encoding.Unicode : new UTF8Encoding(false));
        var limit = BaseMemory + Factor * new FileInfo(path).Length;
        var (code, errors, output) = Lint(limit);
        Assert.True(errors.Length == 0 && code is 0 or 1, $"{code}: {errors}{output.Split('\n')[0]}");
    }

    [Fact]
    public void A_limit_that_is_too_low_is_found()
    {
        System.IO.File.WriteAllText(path, Text("a block"));
        Assert.NotEqual(0, Lint(3L * Size).Code);
    }

    private (int Code, string Errors, string Output) Lint(long heapLimit)
    {
        var start = new ProcessStartInfo(KBoot.Path, ["lint", "--cloud-config", path])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = heapLimit.ToString("x");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors.Result, output);
    }

    private static string Text(string kind) => kind switch
    {
        "short values" => "stages:\n  boot:\n  - commands:\n" + Lines(_ => "    - b\n", 190_000),
        "pairs" => "stages:\n  boot:\n  - environment:\n" + Lines(i => $"      A{i}: b\n", 95_000),
        "a block" or "UTF-16" => File + "      content: |\n" + Fill("        a line of a file of about a hundred characters\n"),
        "quotes" => File + "      content: \"" + Fill("some text \\n") + "\"\n",
        "base64" => File + "      encoding: b64\n      content: " + Convert.ToBase64String(Data()) + "\n",
        "gzip" => File + "      encoding: gzip+base64\n      content: " + Convert.ToBase64String(GZip(Data())) + "\n",
        "a template" => File + "      content: |\n" + Fill("        a line {{ .Values.node.hostname }} of about sixty characters\n"),
        "files" => "stages:\n  boot:\n  - files:\n" + Lines(i => $"    - {{path: /tmp/f{i}, content: x, permissions: 0644}}\n", 24_000),
        "users" => "stages:\n  boot:\n  - users:\n" + Lines(i => $"      u{i}: {{passwd: \"*\"}}\n", 45_000),
        "entries" => "stages:\n  boot:\n" + Lines(_ => "  - commands: [a]\n", 45_000),
        "anchors" => "stages:\n  boot:\n  - commands:\n" + Lines(i => $"    - &a{i} b{i}\n    - *a{i}\n", 90_000),
        "long keys" => "stages:\n  boot:\n  - environment:\n" + Lines(i => $"      {new string('A', 400)}{i}: b\n", 5_000),
        "nested lists" => "stages:\n" + Lines(i => $"  boot: {new string('[', 50)}{new string(']', 50)}\n", 1),
        _ => "stages: {}\n" + Fill("# a comment of a config, which may be as long as a line of text in other files is\n"),
    };

    private static string Lines(Func<int, string> line, int count) => string.Concat(Enumerable.Range(0, count).Select(line));

    private static string Fill(string line) => string.Concat(Enumerable.Repeat(line, Size / line.Length));

    private static byte[] Data()
    {
        var data = new byte[Size * 3 / 4];
        new Random(1).NextBytes(data);
        return [.. data.Where(octet => octet != '{')];
    }

    private static byte[] GZip(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest)) stream.Write(data);
        return packed.ToArray();
    }
}
