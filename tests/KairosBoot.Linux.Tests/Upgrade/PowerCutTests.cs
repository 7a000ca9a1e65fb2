using KairosBoot.Lifecycle;
using KairosBoot.Plan;
using Xunit.Abstractions;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>
/// The power cut at every write of an upgrade to its disk. At each of them, GRUB finds whole images and boots one, kairos-boot then finds
/// that same image
/// although the kernel has replayed the journal, and the upgrade, run again, completes.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper log)
{
    // The new image gets the mark that kairos-boot marks it good.
    private const string Unassessed = " with a mark";

    // The new image is staged first, and then a second command switches to it.
    private const string Staged = " staged";

    private const int MiB = 1 << 20, ImageSize = 192 << 10;

    // How many write orders of a disk are tried at each write, and every how many cuts the system is upgraded again.
    private static readonly int Orders = int.Parse(Environment.GetEnvironmentVariable("KAIROSBOOT_CUT_ORDERS") ?? "3");
    private const int Again = 8;

    private static readonly Dictionary<string, byte[]> Images =
        new[] { "active", "passive", "new", "newer", "recovery" }.Select((name, seed) =>
    {
        var bytes = new byte[ImageSize];
        new Random(seed).NextBytes(bytes);
        return (name, bytes);
    }).ToDictionary();

    [Theory]
    [InlineData("active", "ro", "new active")]
    [InlineData("active", "rw", "new active")]
    [InlineData("active" + Unassessed, "ro", "new active")]
    [InlineData("passive", "ro", "new passive")]
    [InlineData("recovery", "ro", "new active")]
    [InlineData("recovery with a good passive", "ro", "new passive")]
    [InlineData("active" + Staged, "ro", "new active")]
    [InlineData("passive" + Staged, "ro", "new passive")]
    [InlineData("recovery" + Staged, "ro", "new active")]
    [InlineData("reset", "ro", "new new")]
    public void After_any_power_cut_a_system_boots_and_the_upgrade_completes(string running, string options, string then) =>
        MountNamespace.Run(scratch =>
            Judge(scratch, running, options, then, Images.Where(row => row.Key != "recovery").ToDictionary(), Upgrade));

    /// <summary>Recovery is on the same partition here, so that one record has all writes in order. No rule needs two partitions.</summary>
    [Theory]
    [InlineData("recovery.img", false)]
    [InlineData("recovery.img", true)]
    [InlineData("recovery.squashfs", false)]
    [InlineData("recovery.img", false, Staged)]
    [InlineData("recovery.img", true, Staged)]
    public void After_any_power_cut_of_a_recovery_upgrade_a_system_boots(string name, bool isSquashfs, string staged = "") =>
        MountNamespace.Run(scratch => Judge(scratch, $"{name} to {(isSquashfs ? "recovery.squashfs" : "recovery.img")}{staged}", "ro",
            "active passive new", Images, null));

    private void Judge(string scratch, string running, string options, string then, Dictionary<string, byte[]> images,
        Action<string, Slot>? upgrade)
    {
        var recorded = Record(scratch, running, options);
        var cuts = new Cuts(scratch, recorded.Before, images)
        {
            IsNewMarked = running.EndsWith(Unassessed),
            ToStaged = running.EndsWith(Staged) ? (state, slot) => UpgradeToStaged(state, running.Contains(" to ") ? running : slot.Name())
                : null,
        };
        var random = new Random(1);
        for (var count = 0; count <= recorded.Events.Length; count++)
        {
            if (count > 0 && recorded.Events[count - 1].IsFlush) continue;
            cuts.Judge(recorded.Events[..count], count % Again == 0 ? upgrade : null);
            // A disk may write unflushed blocks in any order: some of them reach the disk and others do not.
            var flushed = Array.FindLastIndex(recorded.Events, Math.Max(0, count - 1), row => row.IsFlush) + 1;
            // The last write first, as a disk does that keeps older unflushed writes in its cache.
            if (count > flushed + 1) cuts.Judge([.. recorded.Events[..flushed], recorded.Events[count - 1]], null);
            for (var order = 0; order < Orders && count > flushed + 1; order++)
                cuts.Judge([.. recorded.Events[..flushed], .. recorded.Events[flushed..count].Where(_ => random.Next(2) == 0)], null);
        }
        Assert.Equal(then, cuts.Last);
        Assert.True(cuts.Judged > 100, $"only {cuts.Judged} cuts");
        if (running.EndsWith(Staged)) Assert.True(cuts.Staged > 20, $"only {cuts.Staged} cuts with a staged image");
        log.WriteLine($"figure: power cuts of an upgrade, {running}, {options}: {cuts.Judged}, {cuts.Upgraded} of them upgraded again, " +
            (cuts.Staged > 0 ? $"{cuts.Staged} with a staged image to which a second command then switched, " : "") +
            $"0 that do not boot; next would have been {cuts.Slots}");
    }

    private static (byte[] Before, DiskEvent[] Events) Record(string scratch, string running, string options)
    {
        var tree = Directory.CreateDirectory(scratch + "/tree").FullName;
        Directory.CreateDirectory(tree + "/cOS");
        File.WriteAllBytes(tree + "/cOS/active.img", Images["active"]);
        File.WriteAllBytes(tree + "/cOS/passive.img", Images["passive"]);
        if (running.Contains(" to ")) File.WriteAllBytes(tree + "/cOS/" + running.Split(' ')[0], Images["recovery"]);
        var good = new BootCounter(3, true, "");
        // A one-shot choice, and a slot with its last try: neither may lead to a half-finished upgrade.
        File.WriteAllBytes(tree + "/bootstate", BootBlock.Write(new BootCounters
        {
            Active = running is "active" or "active" + Unassessed or "active" + Staged ? new(0, true, "") : good,
            Passive = running is "recovery" or "recovery" + Staged ? new(3, false, "") : good,
            First = Slot.Passive, Once = Slot.Active,
        }));
        MountNamespace.Tool("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum_seed,^orphan_file", "-b", "4096", "-d", tree,
            scratch + "/part", "8M");
        var before = File.ReadAllBytes(scratch + "/part");
        File.WriteAllText(scratch + "/disk", "");
        Directory.CreateDirectory(scratch + "/state");
        using var disk = new RecordedDisk(scratch + "/disk", [.. before]);
        using (var device = LoopDevice.Attach(scratch + "/disk", readOnly: false))
            Syscall.Mount(device.Path, scratch + "/state", "ext4", MountOptions.Parse(options).Flags, "");
        Upgrade(scratch + "/state", running.Contains(" with ") ? running.Split(' ')[0] : running, Images["new"],
            running.EndsWith(Unassessed));
        Assert.Equal(options, MountTable.Read().Single(mount => mount.MountPoint == scratch + "/state").ReadOnly ? "ro" : "rw");
        var events = disk.Events;
        MountNamespace.Tool("umount", scratch + "/state");
        return (before, events);
    }

    private static void Upgrade(string state, string running, byte[] image, bool isUnassessed = false)
    {
        var turnover = SwitchOf(state, running);
        turnover.Clear();
        turnover.RemoveStaged();
        turnover.Change(() =>
        {
            using var file = Syscall.Open(turnover.Transition, OpenFlags.WriteOnly | OpenFlags.Create, Octal.O644);
            Syscall.WriteAll(file, image);
            Syscall.FSync(file);
        });
        if (running.EndsWith(Staged))
        {
            turnover.Stage("digest");
            UpgradeToStaged(state, running);
            return;
        }

        if (!isUnassessed)
        {
            turnover.Commit();
            return;
        }

        var marks = new UnassessedImages(turnover, state);
        marks.Set(BootCounter.IdOf(ImageIdentity.Of(turnover.Transition)), isUnassessed);
        turnover.Commit();
        marks.Clean(turnover.ImageIds());
    }

    private static void UpgradeToStaged(string state, string running)
    {
        var turnover = SwitchOf(state, running);
        turnover.TakeStaged();
        turnover.Commit();
    }

    private static SlotSwitch SwitchOf(string state, string running) => running.Replace(Staged, "") switch
    {
        "reset" => new FactorySwitch(state),
        var name when name.Contains(" to ") => new RecoverySwitch(state, state, null, isSquashfs: name.EndsWith("squashfs")),
        var name => new ActiveSwitch(state, Running(state, name), isRecovery: name == "recovery"),
    };

    private static (ulong, ulong)? Running(string state, string slot) =>
        slot != "recovery" && Syscall.TryStat($"{state}/cOS/{slot}.img") is { } file ? (file.Device, file.Inode) : null;

    private static void Upgrade(string state, Slot running) => Upgrade(state, running.Name(), Images["newer"]);
}
