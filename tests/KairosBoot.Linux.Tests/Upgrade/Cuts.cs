using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>Judges what a disk holds after a power cut.</summary>
/// <param name="scratch">A directory of the test's own.</param>
/// <param name="before">The partition before the first write.</param>
/// <param name="images">What may be found under the name of an image, by a word for it.</param>
internal sealed class Cuts(string scratch, byte[] before, IReadOnlyDictionary<string, byte[]> images)
{
    private readonly Dictionary<Slot, int> slots = [];

    /// <summary>The image "new" needs its mark in each state in which it is active.</summary>
    internal bool IsNewMarked { get; init; }

    /// <summary>A switch to the staged image while a slot's image runs; null: nothing is staged.</summary>
    internal Action<string, Slot>? ToStaged { get; init; }

    internal int Staged { get; private set; }
    internal int Judged { get; private set; }
    internal int Upgraded { get; private set; }

    /// <summary>The images of active and passive at the last cut, and of recovery if it exists.</summary>
    internal string Last { get; private set; } = "";

    internal string Slots => string.Join(", ", slots.Select(row => $"{row.Key.Name()} {row.Value} times"));

    /// <param name="written">What reached the disk.</param>
    /// <param name="upgrade">An upgrade of a mounted partition while a slot's image runs; null: none.</param>
    internal void Judge(IReadOnlyList<DiskEvent> written, Action<string, Slot>? upgrade)
    {
        Judged++;
        var disk = (byte[])before.Clone();
        foreach (var row in written) row.Content.CopyTo(disk, row.Offset);
        var file = scratch + "/cut";
        File.WriteAllBytes(file, disk);
        var grub = PartitionView.OfGrub(file);
        Assert.True(grub.Block.Problem is null, $"cut {Judged}: bootstate {grub.Block.Problem}");
        var slot = grub.Block.Counters.Next!.Value;
        slots[slot] = slots.GetValueOrDefault(slot) + 1;
        Last = Names(grub);
        var isStaged = false;
        Mounted(file, "ro", state =>
        {
            var kernel = PartitionView.OfMount(state);
            string told = $"cut {Judged}: GRUB has {Last}, boots {slot.Name()}; the kernel has {Names(kernel)}";
            Assert.True(AreWhole(kernel) && AreWhole(grub), told);
            Assert.True(Same(grub[slot], kernel[slot]), told);
            Assert.Null(kernel.Block.Problem);
            if (IsNewMarked && Same(kernel.Active, images["new"]))
            {
                var id = BootCounter.IdOf(ImageIdentity.Of(state + Slot.Active.Image()));
                Assert.True(File.Exists($"{state}{SystemPaths.UnassessedImages}/{id}"), told);
            }

            isStaged = IsStaged(state, told);
            if (upgrade is null) return;
            Upgraded++;
            var passive = PassiveAfterUpgrade(state, kernel, slot);
            upgrade(state, slot);
            var after = PartitionView.OfMount(state);
            Assert.True(Same(after.Active, images["newer"]), told);
            Assert.True(slot == Slot.Recovery || Same(after.Passive, passive),
                told + $"; after the next upgrade {Name(after.Active)} {Name(after.Passive)}");
            Assert.Equal((Slot.Active, 3), (after.Block.Counters.Next, after.Block.Counters.Active.Left));
            // The file of a running image that no slot has is kept until it does not run any more.
            string[] held = slot == Slot.Recovery || Same(passive, kernel[slot]) ? [] : ["replaced.img"];
            Assert.Equal(["active.img", "passive.img", .. held], Directory.GetFiles(state + "/cOS").Select(Path.GetFileName).Order());
        });
        if (isStaged && ToStaged is not null) JudgeStaged(file, disk, slot);
    }

    // A staged image is complete, and a second command switches to it, also after a power cut in a first one.
    private void JudgeStaged(string file, byte[] disk, Slot running)
    {
        Staged++;
        File.WriteAllBytes(file, disk);
        Mounted(file, "ro", state =>
        {
            var before = PartitionView.OfMount(state);
            var isRecovery = images.ContainsKey("recovery");
            var passive = isRecovery || Same(before.Active, images["new"]) || running == Slot.Recovery ? before.Passive
                : PassiveAfterUpgrade(state, before, running);
            ToStaged!(state, running);
            var after = PartitionView.OfMount(state);
            string told = $"cut {Judged}: {Names(before)}, {running.Name()} running; after the switch {Names(after)}";
            Assert.True(Same(isRecovery ? after.Recovery : after.Active, images["new"]), told);
            Assert.True(running == Slot.Recovery || Same(after.Passive, passive), told);
            Assert.True(!isRecovery || Same(File.ReadAllBytes(state + "/cOS/recovery.old"), images["recovery"]), told);
            Assert.True(isRecovery || after.Block.Counters.Next == Slot.Active, told);
            foreach (var name in (string[])["staged.img", "staged.img.sha256", "transition.img", "passive.new"])
                Assert.False(File.Exists($"{state}/cOS/{name}"), told + ", with " + name);
        });
    }

    private bool IsStaged(string state, string told)
    {
        var staged = state + "/cOS/staged.img";
        if (!File.Exists(staged)) return false;
        Assert.True(Same(File.ReadAllBytes(staged), images["new"]), told + ", and the staged image is not complete");
        Assert.True(File.ReadAllText(staged + ".sha256") == "digest  staged.img\n", told + ", and the staged image has no digest");
        return true;
    }

    // The running image, but not in place of the only other image that is good.
    private static byte[]? PassiveAfterUpgrade(string state, PartitionView kernel, Slot running)
    {
        string Id(Slot slot) => BootCounter.IdOf(ImageIdentity.Of(state + slot.Image()));
        // The counter of a slot may still be that of its last image.
        var counters = kernel.Block.Counters.SyncWithImages([(Slot.Active, Id(Slot.Active)), (Slot.Passive, Id(Slot.Passive))]);
        return (running, counters.Active.Good, counters.Passive.Good) switch
        {
            (Slot.Active, false, true) => kernel.Passive,
            (Slot.Passive, true, false) => kernel.Active,
            _ => kernel[running],
        };
    }

    private void Mounted(string file, string options, Action<string> body)
    {
        var place = Directory.CreateDirectory(scratch + "/mounted").FullName;
        using (var device = LoopDevice.Attach(file, readOnly: false))
        {
            Syscall.Mount(device.Path, place, "ext4",
            MountOptions.Parse(options).Flags, "");
        }

        try { body(place); }
        finally { Syscall.Umount(place); }
    }

    private string Name(byte[]? image) =>
        images.FirstOrDefault(row => Same(row.Value, image)).Key ?? (image is null ? "nothing" : "rubbish");

    private string Names(PartitionView view) =>
        $"{Name(view.Active)} {Name(view.Passive)}{(view.Recovery is { } recovery ? " " + Name(recovery) : "")}";

    private bool AreWhole(PartitionView view) =>
        IsWhole(view.Active) && IsWhole(view.Passive) && (!images.ContainsKey("recovery") || IsWhole(view.Recovery));

    private bool IsWhole(byte[]? image) => images.Values.Any(known => Same(known, image));

    private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);
}
