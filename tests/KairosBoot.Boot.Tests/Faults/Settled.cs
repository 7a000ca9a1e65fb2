using System.Text.Json;
using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>The last boot of a machine, in a system that reported good and powered off.</summary>
internal sealed partial class Settled
{
    /// <summary>The init of that system: it prints the results of the boot, reports good and ends the machine.</summary>
    public const string Init =
        """
        exec >/dev/console 2>&1
        dmesg -n 1
        echo "<<mode"; ls /run/cos | grep _mode; echo "mode>>"
        echo "<<motd"; cat /run/motd.d/kairosboot; echo "motd>>"
        echo "<<report"; cat /run/kairosboot/report.json; echo "report>>"
        kboot assess good
        echo "<<status"; kboot status --json; echo "status>>"
        poweroff -f

        """;

    internal const string Stopped = "KairosBoot: STOPPED";
    internal const int MaxBoots = 12;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    private readonly string _console;
    private readonly JsonElement _assessment;

    private Settled(string boots, string console)
    {
        (Boots, _console) = (boots, console);
        JsonElement report = Report.Parse(Printed("report"));
        _assessment = report.GetProperty("assessment");
        Problems = report.GetProperty("problems").Strings("text");
        (Slot, Verdict) = (report.GetProperty("slot").GetString(), report.GetProperty("verdict").GetString());
        Status = JsonDocument.Parse(Printed("status")).RootElement;
    }

    /// <summary>The slots that were started, in the format of <see cref="FaultRow.Boots"/>.</summary>
    public string Boots { get; }

    public string? Slot { get; }
    public string? Verdict { get; }
    public string Mode => Printed("mode").Trim();
    public string Motd => Printed("motd");
    public string[] Problems { get; }

    /// <summary>The counter of the try of the last boot: the loader, the initrd or none.</summary>
    public string? CountedBy => _assessment.GetProperty("countedBy").GetString();

    public string GivenUp => _assessment.TryGetProperty("givenUp", out JsonElement reason) ? reason.GetString() ?? "" : "";

    /// <summary>Tries left of active, passive and recovery before the report of good.</summary>
    public string Tries =>
        string.Join(' ', ((string[])["active", "passive", "recovery"]).Select(slot => _assessment.GetProperty(slot).GetInt32()));

    /// <summary>Output of <c>kboot status --json</c> after the report of good.</summary>
    public JsonElement Status { get; }

    /// <summary>Switches a new machine on, and on again after each reset, until a system reports good.</summary>
    public static Settled After(MachineSpec spec)
    {
        QemuMachine machine = QemuMachine.Start(spec);
        try { return After(ref machine); }
        finally { machine.Dispose(); }
    }

    /// <summary>The same for a running machine.</summary>
    public static Settled After(ref QemuMachine machine)
    {
        List<string> boots = [];
        while (true)
        {
            string? before = machine.Console.ExpectOrEnd(Limit, Stopped);
            boots.Add(Started(machine.Console.Text));
            string all = string.Join(' ', boots);
            Assert.True(before is null, $"the machine stopped after {all}; console: {machine.Console.LogPath}");
            if (machine.Console.Text.Contains("status>>", StringComparison.Ordinal)) return new Settled(all, machine.Console.Text);
            Assert.True(boots.Count < MaxBoots,
                $"no system reports good after {boots.Count} boots: {all}; console: {machine.Console.LogPath}");
            machine = machine.SwitchOnAgain();
        }
    }

    /// <summary>The slots that a boot started, from the lines of GRUB and of kairos-boot.</summary>
    internal static string Started(string console)
    {
        string slots = "";
        // The output of the init repeats some of these lines.
        int output = console.IndexOf("<<mode", StringComparison.Ordinal);
        foreach (Match match in StartOfSlot().Matches(output < 0 ? console : console[..output]))
            slots += match.Groups[1].Success ? (slots.Length > 0 ? "," : "") + match.Groups[1].Value : ">" + match.Groups[2].Value;
        return slots;
    }

    [GeneratedRegex("KairosBoot: starting ([a-z]+) from|is marked bad: .*; booting ([a-z]+) instead")]
    private static partial Regex StartOfSlot();

    private string Printed(string what)
    {
        int start = _console.IndexOf($"<<{what}\n", StringComparison.Ordinal) + what.Length + 3;
        int end = _console.IndexOf($"{what}>>", start, StringComparison.Ordinal);
        Assert.True(start > what.Length + 2 && end >= 0, $"the system did not print its {what}:\n{_console}");
        return _console[start..end];
    }
}
