using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>A machine that boots through GRUB and upgrades itself. Its second disk has <see cref="UpgradeImages"/> and is mounted at
/// <c>/mnt</c>.</summary>
internal sealed class UpgradingMachine : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);
    private QemuMachine _machine;

    public UpgradingMachine(MachineSpec spec)
    {
        _machine = QemuMachine.Start(spec);
        try
        {
            WaitForSystem();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A shell of the running system.</summary>
    public GuestShell Shell { get; private set; } = null!;

    /// <summary>The slots that were started since the last restart, in the format of <see cref="FaultRow.Boots"/>. The last one
    /// runs.</summary>
    public string Boots { get; private set; } = "";

    /// <summary>Name of the running system, and the verdict about this boot.</summary>
    public (string Name, string? Verdict) System => (Shell.Run("cat /name"), Report.Of(Shell).GetProperty("verdict").GetString());

    /// <summary>Output of <c>kboot status --json</c>.</summary>
    public JsonElement Status => JsonDocument.Parse(Shell.Run("kboot status --json")).RootElement;

    /// <summary>Tries left of each slot, with a plus if its image has reported good: <c>3+ 2 3</c>.</summary>
    public string Slots => string.Join(' ', Status.GetProperty("slots").EnumerateArray()
        .Select(slot => slot.GetProperty("triesLeft").GetInt32() + (slot.GetProperty("good").GetBoolean() ? "+" : "")));

    /// <summary>Ids of the images in active and passive.</summary>
    public (string Active, string Passive) Images => (Image(0), Image(1));

    /// <summary>Runs <c>kboot upgrade</c>, or another verb with the same kind of result.</summary>
    /// <returns>Outcome in words, and the id of the new image.</returns>
    public (string Outcome, string Id) Change(string command)
    {
        // Standard error is kept apart; it is printed only if the command fails.
        string said = Shell.Run($"{command} --json 2>/run/errors || {{ cat /run/errors; false; }}");
        JsonElement result = JsonDocument.Parse(said).RootElement;
        Assert.Empty(result.GetProperty("warnings").EnumerateArray());
        return (result.GetProperty("outcome").GetString()!, result.GetProperty("imageId").GetString()!);
    }

    /// <summary>Starts a command line and waits for a text of it on the terminal, but not for its end.</summary>
    public void Begin(string command, string text)
    {
        Shell.Leave(command);
        _machine.Console.Expect(Limit, text);
    }

    /// <summary>Reboots it, and switches it on again after each reset, until a system runs.</summary>
    public void Restart()
    {
        // reboot -n writes nothing: a completed upgrade must already be on the disk.
        Shell.Leave("reboot -f -n");
        _machine.ExpectEnd(Limit);
        SwitchOn();
    }

    /// <summary>Cuts the power and switches it on again.</summary>
    public void SwitchOn()
    {
        _machine = _machine.SwitchOnAgain();
        WaitForSystem();
    }

    /// <summary>Reboots it into recovery, which does a requested reset and reboots.</summary>
    /// <param name="isCut">The power is cut once when recovery has started.</param>
    public void RestartThroughReset(bool isCut = false)
    {
        Shell.Leave("reboot -f -n");
        _machine.ExpectEnd(Limit);
        _machine = _machine.SwitchOnAgain();
        if (isCut)
        {
            _machine.Console.Expect(Limit, BusyboxRoot.Ready);
            _machine = _machine.SwitchOnAgain();
        }

        _machine.ExpectEnd(Limit);
        SwitchOn();
    }

    public void Dispose() => _machine.Dispose();

    private string Image(int slot) => Status.GetProperty("slots")[slot].GetProperty("imageThere").GetString()!;

    private void WaitForSystem()
    {
        List<string> boots = [];
        while (true)
        {
            string? before = _machine.Console.ExpectOrEnd(Limit, BusyboxRoot.Ready, Settled.Stopped);
            boots.Add(Settled.Started(_machine.Console.Text));
            Boots = string.Join(' ', boots);
            Assert.True(boots.Count < Settled.MaxBoots,
                $"no system stays up after {boots.Count} boots: {Boots}; console: {_machine.Console.LogPath}");
            if (before is not null) break;
            _machine = _machine.SwitchOnAgain();
        }
        Assert.False(_machine.Console.Text.Contains(Settled.Stopped, StringComparison.Ordinal),
            $"the machine stopped after {Boots}; console: {_machine.Console.LogPath}");
        Shell = GuestShell.OfReadyBusybox(_machine);
        Shell.Run("mount -o ro /dev/vdb1 /mnt");
    }
}
