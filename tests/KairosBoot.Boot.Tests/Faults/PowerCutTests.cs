namespace KairosBoot.Boot.Tests;

/// <summary>Power cuts at random moments of a boot, from the firmware to the system that has reported good.</summary>
public sealed class PowerCutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    public static TheoryData<int> Rounds => new(Enumerable.Range(1, Thorough.Run ? 10 : 1));

    [Theory]
    [MemberData(nameof(Rounds))]
    public void After_a_power_cut_in_a_boot_the_same_slot_boots_again(int round)
    {
        // disk: as kboot builds it, with a write cache
        int cuts = Thorough.Run ? 5 : 2;
        int seed = Environment.TickCount ^ round << 20;
        Random random = new(seed);
        Firmware firmware = round % 2 == 0 ? Firmware.Uefi : Firmware.Bios;
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Settled.Init, KernelArguments = "panic=1" });
        QemuMachine machine = QemuMachine.Start(new MachineSpec
        {
            Name = $"power-cut-{round}", Firmware = firmware, Disks = [disk.File], LosesWhatWasNotFlushed = true,
        });
        List<int> moments = [];
        try
        {
            DateTime started = DateTime.UtcNow;
            machine.ExpectEnd(Limit);
            double cycle = (DateTime.UtcNow - started).TotalMilliseconds;
            while (moments.Count < cuts)
            {
                machine = machine.SwitchOnAgain();
                moments.Add((int)(random.NextDouble() * cycle));
                Thread.Sleep(moments[^1]);
                machine = machine.SwitchOnAgain();

                Settled settled = Settled.After(ref machine);
                string cut = $"seed {seed}, cut after {string.Join(", ", moments)} ms of {cycle:F0}; console: {machine.Console.LogPath}";
                Assert.True((settled.Boots, settled.Slot, settled.GivenUp, settled.Verdict) == ("active", "active", "", "good"),
                    $"{settled.Boots} {settled.GivenUp} {settled.Verdict}: {cut}");
                // The interrupted boot has cost one try if it got that far; the report of good restores it.
                Assert.True(settled.Tries is "1 3 3" or "2 3 3", $"tries left: {settled.Tries}: {cut}");
                Assert.Equal([3, 3, 3],
                    settled.Status.GetProperty("slots").EnumerateArray().Select(slot => slot.GetProperty("triesLeft").GetInt32()));
            }
            Figures.Add($"power cuts, {firmware.ToString().ToUpperInvariant()}",
                $"{cuts}, none lost a slot; seed {seed}, cycle {cycle:F0} ms, cut at {string.Join(' ', moments)}");
        }
        finally
        {
            machine.Dispose();
        }
    }
}
