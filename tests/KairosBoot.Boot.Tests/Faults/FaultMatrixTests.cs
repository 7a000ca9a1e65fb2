using System.Diagnostics;
using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>Images that cannot boot and systems that never report good, through GRUB: each slot is tried until its tries are used, then the
/// next one.</summary>
public abstract class FaultMatrixTests(Firmware firmware)
{
    protected void Check(string name)
    {
        // disk: as kboot builds it, with the fault in active.img, passive.img or both
        FaultRow row = FaultMatrix.Rows.Single(r => r.Name == name);
        Fault fault = Fault.All.Single(f => f.Name == row.Fault);
        string watched = fault.Watchdog is { } seconds ? $" kairosboot.watchdog={seconds}" : "";
        using GrubDisk disk = new(
            new GrubDisk.Kind { Init = Settled.Init, KernelArguments = "panic=1" + watched, GenericKernel = fault.Watchdog is not null });
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
        Figures.Add($"fault, {firmware.ToString().ToUpperInvariant()}: {name}",
            $"{settled.Boots}; tries left {settled.Tries}; {time.Elapsed.TotalSeconds:F0} s");

        Assert.Equal((row.Boots, row.Tries), (settled.Boots, settled.Tries));
        Assert.Equal((row.LastSlot, row.LastSlot + "_mode", "degraded"), (settled.Slot, settled.Mode, settled.Verdict));
        string reason = SlotFault.TryParse(row.GivenUp)?.Sentence ?? "";
        Assert.Equal(reason, settled.GivenUp);
        Assert.StartsWith($"KairosBoot: {row.LastSlot} runs instead of {row.FirstSlot} (", settled.Motd, StringComparison.Ordinal);
        // The last verdict may be about another slot than the first one.
        if (reason.StartsWith(row.FirstSlot, StringComparison.Ordinal)) Assert.Contains(reason, settled.Motd, StringComparison.Ordinal);

        CheckLastFailure(settled, fault, row);

        // Only the running system reports good, and only for its own slot.
        int[] left = [.. row.Tries.Split(' ').Select(int.Parse)];
        left[Array.IndexOf(["active", "passive", "recovery"], row.LastSlot)] = 3;
        JsonElement[] slots = [.. settled.Status.GetProperty("slots").EnumerateArray()];
        Assert.Equal(left, slots.Select(slot => slot.GetProperty("triesLeft").GetInt32()));
        Assert.Equal(row.LastSlot, slots.Single(slot => slot.GetProperty("good").GetBoolean()).GetProperty("slot").GetString());
    }

    private void CheckLastFailure(Settled settled, Fault fault, FaultRow row)
    {
        string[] failed = [.. settled.Status.GetProperty("failedBoots").EnumerateArray().Select(boot => boot.GetString() ?? "")];
        // Firmware variables of UEFI keep a panic, if the initrd has started.
        string? seen = firmware == Firmware.Uefi && fault.Name == "kernel panics" ? "kernel panic: sysrq triggered crash" : fault.Seen;
        // The counters have one reason for one slot.
        if (seen is null && row.In == Faulty.Both && row.Boots.Contains(',', StringComparison.Ordinal)) seen = "no reason is known, nor";
        if (seen is null) Assert.Empty(failed);
        else Assert.Contains(seen, failed[^1], StringComparison.Ordinal);
    }
}

public sealed class FaultMatrixOnBiosTests() : FaultMatrixTests(Firmware.Bios)
{
    public static TheoryData<string> Rows => FaultMatrix.On(Firmware.Bios);

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_slots_are_started_in_the_order_of_the_table(string fault) => Check(fault);
}

public sealed class FaultMatrixOnUefiTests() : FaultMatrixTests(Firmware.Uefi)
{
    public static TheoryData<string> Rows => FaultMatrix.On(Firmware.Uefi);

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_slots_are_started_in_the_order_of_the_table(string fault) => Check(fault);
}
