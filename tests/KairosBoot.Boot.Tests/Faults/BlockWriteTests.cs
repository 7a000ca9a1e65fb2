using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>Power cuts at every write of the counters by GRUB, kairos-boot and kboot.</summary>
public sealed class BlockWriteTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);
    private static readonly byte[] Header = Encoding.ASCII.GetBytes("# GRUB Environment Block\n");

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-block-writes-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void Between_any_two_writes_the_counters_are_the_old_or_the_new_ones()
    {
        // disk: as kboot builds it, without counters, and with a damaged active image
        using GrubDisk disk = new(
            new GrubDisk.Kind
            {
                Init = Settled.Init.Replace("poweroff", "kboot select recovery --once; sync; poweroff",
            StringComparison.Ordinal), KernelArguments = "panic=1"
            });
        disk.Replace("/cOS/active.img", disk.Content()[..^4096]);
        disk.Replace("/bootstate", null);
        string log = Path.Combine(_work.FullName, "writes");
        File.WriteAllBytes(log, []);
        using (QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "block-writes", Disks = [disk.File], Writes = log }))
        {
            // kairos-boot creates the counters and marks active bad; kboot reports good, and selects recovery.
            first.ExpectEnd(Limit);
            // GRUB starts recovery, and clears the selection.
            using QemuMachine second = first.SwitchOnAgain();
            second.ExpectEnd(Limit);
            ConsoleText.HoldsAll(second.Console, "kairosboot.slot=recovery kairosboot.why=oneshot");
        }

        DiskWrite[] writes = [.. disk.WritesOfState(WriteLog.Read(log))];
        int[] blocks = [.. writes.Index().Where(write => write.Item.Data.AsSpan().StartsWith(Header)).Select(write => write.Index)];
        Assert.True(blocks.Length >= 6, $"{blocks.Length} writes of the counters, {writes.Length} in all");
        BootCounters[] counters = [.. blocks.Select(at =>
            CutVolume.Counters(writes[at].Data[..EnvironmentBlock.Bytes]) ?? throw new InvalidDataException($"write {at} is no block"))];

        // Two states of the volume: with only the flushed writes, and with all writes.
        CutVolume flushed = new(disk.CopyState(Path.Combine(_work.FullName, "flushed"))),
            all = new(disk.CopyState(Path.Combine(_work.FullName, "all")));
        List<int> waiting = [];
        int certain = -1, cuts = 0;
        for (int at = 0; at < writes.Length; at++)
        {
            if (writes[at].Data.Length == 0)
            {
                waiting.ForEach(index => flushed.Write(writes[index]));
                waiting.Clear();
                certain = Array.FindLastIndex(blocks, block => block < at);
                continue;
            }
            // The write reaches the disk as a whole, or only its first or last sector; after all earlier writes, or after the flushed ones
            // only.
            int newest = Array.FindLastIndex(blocks, block => block <= at);
            foreach (DiskWrite part in Torn(writes[at], blocks.Contains(at)))
            {
                foreach (CutVolume cut in (CutVolume[])[all, flushed])
                {
                    cuts++;
                    string what = $"write {at} of {writes.Length}, {part.Data.Length} bytes at {part.Offset:x} of COS_STATE";
                    DiskWrite before = cut.Before(part);
                    cut.Write(part);
                    AssertValid(what + ", as GRUB reads it", cut.ReadAsLoader(), counters, certain, newest);
                    AssertValid(what + ", as the kernel reads it", cut.ReadAsKernel(), counters, certain, newest);
                    cut.Write(before);
                }
            }
            all.Write(writes[at]);
            waiting.Add(at);
        }
        Figures.Add("power cuts at writes of COS_STATE",
            $"{cuts}, at {writes.Count(write => write.Data.Length > 0)} writes, {blocks.Length} of them of the counters: all with those " +
            "of before or of after");
    }

    private static IEnumerable<DiskWrite> Torn(DiskWrite write, bool isBlock)
    {
        const int Sector = 512;
        yield return write;
        if (isBlock)
        {
            yield return write with { Data = write.Data[..Sector] };
            yield return new DiskWrite(write.Offset + Sector, write.Data[Sector..]);
        }
    }

    /// <summary>
    /// Asserts that the counters are the last certain ones or later ones. The first counters get their name after they are written. Until
    /// the
    /// next write there may be none, or those of the build of the disk while the name still refers to their inode.
    /// </summary>
    private static void AssertValid(string what, byte[] file, BootCounters[] written, int certain, int newest)
    {
        BootCounters? found = CutVolume.Counters(file);
        if (newest < 1 && (file.Length == 0 || found == new BootCounters())) return;
        int which = found is null || newest < 0 ? -1 : Array.FindLastIndex(written, newest, counters => counters == found);
        Assert.True(found is not null && which >= certain
            && which >= 0, $"{what}: {(found is null ? $"no counters in {file.Length} bytes" : $"those of write {which}, {found}")}, and " +
            $"{certain} was certain, {newest} the newest");
    }
}
