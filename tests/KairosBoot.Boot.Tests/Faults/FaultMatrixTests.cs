using System.Diagnostics;
using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>Images that cannot boot, and systems that come to nothing, through GRUB: each slot gets its turns, and then the next one.</summary>
public abstract class FaultMatrixTests(Firmware firmware)
{
    protected void Check(string name)
    {
        // disk: as kboot builds it, with the fault in the place of active.img, passive.img or both
        FaultRow row = FaultMatrix.Rows.Single(r => r.Name == name);
        Fault fault = Fault.All.Single(f => f.Name == row.Fault);
        string watched = fault.Watchdog is { } seconds ? $" kairosboot.watchdog={seconds}" : "";
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Settled.Init, KernelArguments = "panic=1" + watched, GenericKernel = fault.Watchdog is not null });
        byte[]? image = fault.Image(disk);
        foreach (string slot in row.Slots)
            disk.Replace($"/cOS/{slot}.img", image);
        disk.Replace("/bootstate", GrubDisk.Block($"first_slot={row.FirstSlot}\n"));

        Stopwatch time = Stopwatch.StartNew();
        Settled settled = Settled.After(new MachineSpec
        {
            Name = $"fault-{firmware}-{name}".ToLowerInvariant().Replace(' ', '-'), Firmware = firmware, Disks = [disk.File],
            HasWatchdog = fault.Watchdog is not null,
        });
        Figures.Add($"fault, {firmware.ToString().ToUpperInvariant()}: {name}", $"{settled.Boots}; tries left {settled.Tries}; {time.Elapsed.TotalSeconds:F0} s");

        Assert.Equal((row.Boots, row.Tries), (settled.Boots, settled.Tries));
        Assert.Equal((row.RestsIn, row.RestsIn + "_mode", "degraded"), (settled.Slot, settled.Mode, settled.Verdict));
        string reason = SlotFault.TryParse(row.GivenUp)?.Sentence ?? "";
        Assert.Equal(reason, settled.GivenUp);
        Assert.StartsWith($"KairosBoot: {row.RestsIn} runs instead of {row.FirstSlot} (", settled.Motd, StringComparison.Ordinal);
        // The one that was to run may not be the one that the last verdict was about.
        if (reason.StartsWith(row.FirstSlot, StringComparison.Ordinal)) Assert.Contains(reason, settled.Motd, StringComparison.Ordinal);

        // Only the system that runs can say that it runs well, and only of itself.
        int[] left = [.. row.Tries.Split(' ').Select(int.Parse)];
        left[Array.IndexOf(["active", "passive", "recovery"], row.RestsIn)] = 3;
        JsonElement[] slots = [.. settled.Status.GetProperty("slots").EnumerateArray()];
        Assert.Equal(left, slots.Select(slot => slot.GetProperty("triesLeft").GetInt32()));
        Assert.Equal(row.RestsIn, slots.Single(slot => slot.GetProperty("good").GetBoolean()).GetProperty("slot").GetString());
    }
}

public sealed class FaultMatrixOnBiosTests() : FaultMatrixTests(Firmware.Bios)
{
    public static TheoryData<string> Rows => FaultMatrix.On(Firmware.Bios);

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_slots_get_their_turns_until_the_machine_rests(string fault) => Check(fault);
}

public sealed class FaultMatrixOnUefiTests() : FaultMatrixTests(Firmware.Uefi)
{
    public static TheoryData<string> Rows => FaultMatrix.On(Firmware.Uefi);

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_slots_get_their_turns_until_the_machine_rests(string fault) => Check(fault);
}
