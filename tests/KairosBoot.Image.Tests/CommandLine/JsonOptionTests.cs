using System.CommandLine;
using System.Text.Json;

namespace KairosBoot.Image.Tests.CommandLine;

/// <summary><c>--json</c> of every verb that prints a result: one object on standard output, and nothing else.</summary>
public class JsonOptionTests : StateCommands
{
    // Verbs without the option, each with its reason.
    private static readonly Dictionary<string, string> WithoutJson = new()
    {
        ["help"] = "its output is a text for a person",
        ["completion"] = "its output is a script",
        ["man"] = "its result are files, which its caller names",
        ["run"] = "the terminal is the console of the machine",
        ["upgrade-node"] = "its output is the log of a pod, and its exit code the result; the shutdown of the node ends it",
        ["assess wait"] = "a service runs it, and its output is a log",
        ["assess retry"] = "a service runs it, and a reboot ends it",
    };

    private string Tree => PathOf("tree");

    private string Init => PathOf("tree/kairos-boot");

    public JsonOptionTests()
    {
        SyntheticKernel.MakeSystem(Tree);
        WriteText("warned.yaml", "stages:\n  boot:\n    - hostnam: node\n");
        WriteText("good.yaml", "stages:\n  boot:\n    - hostname: node\n");
    }

    // Each verb with words for it, in an order that works.
    private string[][] Runs =>
    [
        ["version"], ["status"], ["report"], ["select", "passive"], ["select", "active", "--once"], ["rollback"], ["pin", "active"],
        ["unpin"], ["assess", "good", "active"], ["assess", "bad", "passive"], ["assess", "reset"], ["kargs"], ["kargs", "add", "nosmt"],
        ["kargs", "remove", "nosmt"], ["kargs", "clear"], ["lint", PathOf("good.yaml")], ["plan", "--root", Tree],
        ["initrd", "build", "--root", Tree, "--init", Init, "--modules", "virtio", "-o", PathOf("initrd")],
        ["initrd", "inspect", PathOf("initrd")], ["image", "build", Tree, "--init", Init, "--modules", "virtio", "-o", PathOf("image")],
        ["image", "inspect", "--no-mount", PathOf("image")],
        ["disk", "build", "--image", PathOf("image"), "--cloud-config", PathOf("good.yaml"), "-o", PathOf("disk")],
    ];

    // These change a machine. Here they fail before they do.
    private string[][] Failures =>
    [
        ["upgrade", PathOf("none"), "--state", PathOf("state")], ["install", "--device", PathOf("none"), "--image", PathOf("none")],
        ["reset", "--image", PathOf("none")], ["stage", "run", "none", "--root", PathOf("none")],
    ];

    [Fact]
    public void Every_verb_has_the_option_or_a_reason_to_be_without_it()
    {
        var (with, without) = (new List<string>(), new List<string>());
        foreach (var (words, command) in HelpCommandTests.Commands().Where(verb => verb.Command.Action is not null))
            (HasJson(command) ? with : without).Add(string.Join(' ', words));
        Assert.Equal(WithoutJson.Keys.Order(), without.Order());
        // And each of them is run below.
        string VerbOf(string[] run) => with.Last(verb => $"{string.Join(' ', run)} ".StartsWith(verb + " ", StringComparison.Ordinal));
        Assert.Equal(with.Order(), Runs.Concat(Failures).Select(VerbOf).Distinct().Order());
    }

    [Fact]
    public void Each_verb_prints_one_object_and_nothing_else()
    {
        foreach (var run in Runs)
        {
            // What warns and what fails has its own test. An empty machine is no error.
            string[] state = IsOnState(run) ? ["--state", State] : [];
            var (output, errors) = RunApart(run[0] == "plan" ? 1 : 0, [.. run, .. state, "--json"], isOnState: false);
            Assert.True(errors == "", $"{string.Join(' ', run)}: {errors}");
            using var json = JsonDocument.Parse(output);
            Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
            AssertCamelCase(json.RootElement);
        }
    }

    [Fact]
    public void A_failure_is_an_object_too_with_the_text_of_standard_error()
    {
        foreach (var run in Failures)
        {
            var (output, errors) = RunApart(1, [.. run, "--json"], isOnState: false);
            using var json = JsonDocument.Parse(output);
            Assert.Equal(errors, $"kboot: {Text(json, "error")}\n  to fix: {Text(json, "fix")}\n");
            Assert.Equal("", RunApart(1, run, isOnState: false).Output);
        }

        Assert.Equal("", RunApart(2, ["status", "--json", "--none"], isOnState: false).Output);
    }

    [Fact]
    public void A_change_of_the_counters_shows_them()
    {
        using var selected = Json("select", "passive", "--state", State);
        Assert.Equal(("passive is booted first from now on", "passive"), (Text(selected, "outcome"), Text(selected, "first")));
        using var bad = Json("assess", "bad", "passive", "--state", State);
        Assert.Equal(0, bad.RootElement.GetProperty("slots")[1].GetProperty("triesLeft").GetInt32());
        Assert.Equal("passive", Counters.First.ToString().ToLowerInvariant());
    }

    [Fact]
    public void What_is_built_has_the_same_members_as_when_it_is_inspected()
    {
        using var built = Json("image", "build", Tree, "--init", Init, "--modules", "virtio", "-o", PathOf("image"));
        using var inspected = Json("image", "inspect", "--no-mount", PathOf("image"));
        foreach (var member in (string[])["imageId", "fileSystem"]) Assert.Equal(Text(built, member), Text(inspected, member));
        Assert.Equal(new FileInfo(PathOf("image")).Length, built.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(new FileInfo(PathOf("image")).Length, inspected.RootElement.GetProperty("bytes").GetInt64());
        Assert.NotEqual(0, built.RootElement.GetProperty("added").GetArrayLength());
    }

    [Fact]
    public void A_warning_is_a_member_and_is_printed_only_without_the_option()
    {
        Run(0, ["image", "build", Tree, "--init", Init, "--modules", "virtio", "-o", PathOf("image")], isOnState: false);
        string[] run = ["disk", "build", "--image", PathOf("image"), "--cloud-config", PathOf("warned.yaml"), "-o", PathOf("disk")];
        Assert.Contains("warning: ", RunApart(0, run, isOnState: false).Errors);
        using var json = Json(run);
        Assert.Contains(json.RootElement.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.Contains("hostnam"));
        // A failure after it leaves no object that could have it.
        var (output, errors) = RunApart(1, [.. run[..^1], PathOf("none/disk"), "--json"], isOnState: false);
        Assert.Contains("hostnam", errors);
        Assert.Contains("\"error\": ", output);
    }

    private JsonDocument Json(params string[] words)
    {
        var (output, errors) = RunApart(0, [.. words, "--json"], isOnState: false);
        Assert.Equal("", errors);
        return JsonDocument.Parse(output);
    }

    private static string? Text(JsonDocument json, string member) => json.RootElement.GetProperty(member).GetString();

    private static bool IsOnState(string[] run) =>
        run[0] is "status" or "report" or "select" or "rollback" or "pin" or "unpin" or "assess" or "kargs";

    private static bool HasJson(Command command) => command.Options
        .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)))
        .Any(option => option.Name == "--json");

    // Members whose names come from outside are left out: fields of os-release, files of an initrd.
    private static void AssertCamelCase(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) AssertCamelCase(item);
        }

        if (element.ValueKind != JsonValueKind.Object) return;
        foreach (var member in element.EnumerateObject())
        {
            Assert.Matches("^[a-z][a-zA-Z0-9]*$", member.Name);
            if (member.Name is not ("osRelease" or "files")) AssertCamelCase(member.Value);
        }
    }
}
