using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A machine that starts through GRUB and changes its own system. Its second disk, at <c>/mnt</c>, is one of <see cref="UpgradeImages"/>.</summary>
internal sealed class UpgradingMachine : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);
    private QemuMachine _machine;

    public UpgradingMachine(MachineSpec spec)
    {
        _machine = QemuMachine.Start(spec);
        try
        {
            ComeToRest();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Of the system that runs.</summary>
    public GuestShell Shell { get; private set; } = null!;

    /// <summary>The slots that were started since it was switched on or restarted, as <see cref="FaultRow.Boots"/> has them. The last one runs.</summary>
    public string Boots { get; private set; } = "";

    /// <summary>Name of the system that runs, and what kairos-boot says of this boot.</summary>
    public (string Name, string? Verdict) System => (Shell.Run("cat /name"), Report.Of(Shell).GetProperty("verdict").GetString());

    /// <summary>What <c>kboot status --json</c> says.</summary>
    public JsonElement Status => JsonDocument.Parse(Shell.Run("kboot status --json")).RootElement;

    /// <summary>Each slot's tries, with a plus where its image has reported good: <c>3+ 2 3</c>.</summary>
    public string Slots => string.Join(' ', Status.GetProperty("slots").EnumerateArray()
        .Select(slot => slot.GetProperty("triesLeft").GetInt32() + (slot.GetProperty("good").GetBoolean() ? "+" : "")));

    /// <summary>Ids of the images in active and passive.</summary>
    public (string Active, string Passive) Images => (Image(0), Image(1));

    /// <summary>Runs <c>kboot upgrade</c>, or another verb that ends as it does.</summary>
    /// <returns>What has become of the images, and the id of the new one.</returns>
    public (string Outcome, string Id) Change(string command)
    {
        // Standard error apart, and shown where the command failed.
        string said = Shell.Run($"{command} --json 2>/run/errors || {{ cat /run/errors; false; }}");
        JsonElement result = JsonDocument.Parse(said).RootElement;
        Assert.Empty(result.GetProperty("warnings").EnumerateArray());
        return (result.GetProperty("outcome").GetString()!, result.GetProperty("imageId").GetString()!);
    }

    /// <summary>Starts a command line and waits for a text that it shows on its terminal, not for its end.</summary>
    public void Begin(string command, string text)
    {
        Shell.Leave(command);
        _machine.Console.Expect(Limit, text);
    }

    /// <summary>Reboots it, and switches it on again whenever it resets itself, until a system runs.</summary>
    public void Restart()
    {
        // Nothing is left to the reboot to write: an upgrade that has ended is on the disk.
        Shell.Leave("reboot -f -n");
        _machine.ExpectEnd(Limit);
        SwitchOn();
    }

    /// <summary>Pulls the plug, and switches it on again.</summary>
    public void SwitchOn()
    {
        _machine = _machine.SwitchOnAgain();
        ComeToRest();
    }

    public void Dispose() => _machine.Dispose();

    private string Image(int slot) => Status.GetProperty("slots")[slot].GetProperty("imageThere").GetString()!;

    private void ComeToRest()
    {
        List<string> boots = [];
        while (true)
        {
            string? before = _machine.Console.ExpectOrEnd(Limit, BusyboxRoot.Ready, Settled.Stopped);
            boots.Add(Settled.Started(_machine.Console.Text));
            Boots = string.Join(' ', boots);
            Assert.True(boots.Count < Settled.MaxBoots, $"the machine does not come to rest: {Boots}; console: {_machine.Console.LogPath}");
            if (before is not null) break;
            _machine = _machine.SwitchOnAgain();
        }
        Assert.False(_machine.Console.Text.Contains(Settled.Stopped, StringComparison.Ordinal), $"the machine has stopped after {Boots}; console: {_machine.Console.LogPath}");
        Shell = GuestShell.OfReadyBusybox(_machine);
        Shell.Run("mount -o ro /dev/vdb1 /mnt");
    }
}
