namespace KairosBoot.Boot.Tests;

/// <summary>Every fault in active, in passive and in both.</summary>
internal static class FaultMatrix
{
    public static readonly FaultRow[] Rows =
    [
        new("kernel file missing", Faulty.Active, "active,passive", "2 2 3", "active:load"),
        new("kernel file missing", Faulty.Passive, "passive,active", "2 2 3", "passive:load"),
        new("kernel file missing", Faulty.Both, "active,passive,recovery", "2 2 2", "passive:load") { Always = Firmware.Uefi },

        new("kernel panics", Faulty.Active, "active active active passive", "0 2 3") { Always = Firmware.Bios },
        new("kernel panics", Faulty.Passive, "passive passive passive active", "2 0 3"),
        new("kernel panics", Faulty.Both, "active active active passive passive passive recovery", "0 0 2"),

        new("init program missing", Faulty.Active, "active>passive", "0 2 3", "active:no-init") { Always = Firmware.Uefi },
        new("init program missing", Faulty.Passive, "passive>active", "2 0 3", "passive:no-init"),
        new("init program missing", Faulty.Both, "active>passive>recovery", "0 0 2", "passive:no-init"),

        new("initrd corrupt", Faulty.Active, "active active active passive", "0 2 3") { Always = Firmware.Uefi },
        new("initrd corrupt", Faulty.Passive, "passive passive passive active", "2 0 3"),
        new("initrd corrupt", Faulty.Both, "active active active passive passive passive recovery", "0 0 2"),

        new("image zeroed", Faulty.Active, "active,passive", "2 2 3", "active:load") { Always = Firmware.Bios },
        new("image zeroed", Faulty.Passive, "passive,active", "2 2 3", "passive:load"),
        new("image zeroed", Faulty.Both, "active,passive,recovery", "2 2 2", "passive:load"),

        new("image truncated", Faulty.Active, "active>passive", "0 2 3", "active:damaged"),
        new("image truncated", Faulty.Passive, "passive>active", "2 0 3", "passive:damaged"),
        new("image truncated", Faulty.Both, "active>passive>recovery", "0 0 2", "passive:damaged") { Always = Firmware.Bios },

        new("superblock damaged", Faulty.Active, "active,passive", "2 2 3", "active:load"),
        new("superblock damaged", Faulty.Passive, "passive,active", "2 2 3", "passive:load") { Always = Firmware.Uefi },
        new("superblock damaged", Faulty.Both, "active,passive,recovery", "2 2 2", "passive:load"),

        new("image absent", Faulty.Active, "active,passive", "0 2 3", "active:missing") { Always = Firmware.Bios },
        new("image absent", Faulty.Passive, "passive,active", "2 0 3", "passive:missing"),
        // Recovery does not read the partition of the other slots.
        new("image absent", Faulty.Both, "active,passive,recovery", "2 2 2", "passive:load"),

        new("never reports good", Faulty.Active, "active active active passive", "0 2 3"),
        new("never reports good", Faulty.Passive, "passive passive passive active", "2 0 3"),
        new("never reports good", Faulty.Both, "active active active passive passive passive recovery", "0 0 2"),

        new("userland hangs", Faulty.Active, "active active active passive", "0 2 3"),
        new("userland hangs", Faulty.Passive, "passive passive passive active", "2 0 3"),
        new("userland hangs", Faulty.Both, "active active active passive passive passive recovery", "0 0 2"),

        new("initrd hangs", Faulty.Active, "active active active passive", "0 2 3"),
        new("initrd hangs", Faulty.Passive, "passive passive passive active", "2 0 3"),
        new("initrd hangs", Faulty.Both, "active active active passive passive passive recovery", "0 0 2"),
    ];

    /// <summary>Names of the rows that this run tests with a firmware.</summary>
    public static TheoryData<string> On(Firmware firmware) =>
        [.. Rows.Where(row => Thorough.Run || row.Always == firmware).Select(row => row.Name)];
}
