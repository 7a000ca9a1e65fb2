using System.Text.Json;
using System.Text.RegularExpressions;

namespace KairosBoot.Boot.Tests;

/// <summary>A machine that has come to rest: in a system that reported itself good and powered off.</summary>
internal sealed partial class Settled
{
    /// <summary>What that system has for an init: it tells what became of the boot, reports itself good and ends the machine.</summary>
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
        JsonElement report = Report.Parse(Told("report"));
        _assessment = report.GetProperty("assessment");
        Problems = report.GetProperty("problems").Strings("text");
        (Slot, Verdict) = (report.GetProperty("slot").GetString(), report.GetProperty("verdict").GetString());
        Status = JsonDocument.Parse(Told("status")).RootElement;
    }

    /// <summary>The slots that were started on the way, as <see cref="FaultRow.Boots"/> has them.</summary>
    public string Boots { get; }

    public string? Slot { get; }
    public string? Verdict { get; }
    public string Mode => Told("mode").Trim();
    public string Motd => Told("motd");
    public string[] Problems { get; }

    /// <summary>Who took the try of the boot that rests: the loader, the initrd or none.</summary>
    public string? CountedBy => _assessment.GetProperty("countedBy").GetString();

    public string GivenUp => _assessment.TryGetProperty("givenUp", out JsonElement reason) ? reason.GetString() ?? "" : "";

    /// <summary>Left to active, passive and recovery before it reported itself good.</summary>
    public string Tries => string.Join(' ', ((string[])["active", "passive", "recovery"]).Select(slot => _assessment.GetProperty(slot).GetInt32()));

    /// <summary>What <c>kboot status --json</c> says after it did.</summary>
    public JsonElement Status { get; }

    /// <summary>Switches a new machine on, and on again whenever it reset itself, until it rests.</summary>
    public static Settled After(MachineSpec spec)
    {
        QemuMachine machine = QemuMachine.Start(spec);
        try { return After(ref machine); }
        finally { machine.Dispose(); }
    }

    /// <summary>The same for one that runs.</summary>
    public static Settled After(ref QemuMachine machine)
    {
        List<string> boots = [];
        while (true)
        {
            string? before = machine.Console.ExpectOrEnd(Limit, Stopped);
            boots.Add(Started(machine.Console.Text));
            string all = string.Join(' ', boots);
            Assert.True(before is null, $"the machine has stopped after {all}; console: {machine.Console.LogPath}");
            if (machine.Console.Text.Contains("status>>", StringComparison.Ordinal)) return new Settled(all, machine.Console.Text);
            Assert.True(boots.Count < MaxBoots, $"the machine does not come to rest: {all}; console: {machine.Console.LogPath}");
            machine = machine.SwitchOnAgain();
        }
    }

    /// <summary>Which slots a boot started, by the lines of GRUB and of kairos-boot.</summary>
    internal static string Started(string console)
    {
        string slots = "";
        // What the system itself tells later repeats some of it.
        int told = console.IndexOf("<<mode", StringComparison.Ordinal);
        foreach (Match match in StartOfSlot().Matches(told < 0 ? console : console[..told]))
            slots += match.Groups[1].Success ? (slots.Length > 0 ? "," : "") + match.Groups[1].Value : ">" + match.Groups[2].Value;
        return slots;
    }

    [GeneratedRegex("KairosBoot: starting ([a-z]+) from|is marked bad: .*; booting ([a-z]+) instead")]
    private static partial Regex StartOfSlot();

    private string Told(string what)
    {
        int start = _console.IndexOf($"<<{what}\n", StringComparison.Ordinal) + what.Length + 3;
        int end = _console.IndexOf($"{what}>>", start, StringComparison.Ordinal);
        Assert.True(start > what.Length + 2 && end >= 0, $"the system did not tell its {what}:\n{_console}");
        return _console[start..end];
    }
}
