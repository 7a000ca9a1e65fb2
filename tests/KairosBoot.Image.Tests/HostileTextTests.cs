using System.Text.Json;

namespace KairosBoot.Image.Tests;

/// <summary>Text from outside that kboot prints: it must not reach a terminal as anything but text.</summary>
public class HostileTextTests : StateCommands
{
    // Clears the screen, sets the title, starts a C1 sequence, turns the direction of the line.
    private const string Hostile = "\u001b[2J\u001b]0;x\u0007\u009b31m\u202egood", Shown = @"\x1b[2J\x1b]0;x\x07\x9b31m\u202egood";

    private static void AssertNoCommands(string output) =>
        Assert.DoesNotContain(output,
            c => char.IsControl(c) && c is not ('\n' or '\t') || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069');

    [Fact]
    public void Reasons_of_failed_boots_are_printed_without_escape_sequences()
    {
        // Written as another program or an older version may have done.
        WriteText("state/kairosboot/failed-boots",
            $"--- boot failed ---\ntime: 1\nimage: /cOS/{Hostile}\nproblem: label {Hostile}\nfix: see {Hostile}\n--- end ---\n\n");
        var status = Run(0, "status");
        AssertNoCommands(status);
        Assert.Contains($"unknown (/cOS/{Shown}): label {Shown}; to fix: see {Shown}\n", status);
        var json = Run(0, "status", "--json");
        AssertNoCommands(json);
        using var parsed = JsonDocument.Parse(json);
        Assert.Contains($"see {Hostile}", parsed.RootElement.GetProperty("failedBoots")[0].GetString());
    }

    [Fact]
    public void Errors_are_printed_without_escape_sequences()
    {
        foreach (var output in new[] { Run(2, Hostile), Run(1, "status", "--state", PathOf("no" + Hostile)),
            Run(1, "select", "passive", "--state", PathOf("no" + Hostile)) })
        {
            AssertNoCommands(output);
            Assert.Contains(Shown, output);
        }
    }
}
