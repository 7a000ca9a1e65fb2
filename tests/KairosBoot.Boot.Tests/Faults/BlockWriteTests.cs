using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Boot.Tests;

/// <summary>A plug that is pulled at every write of the counters, whoever writes them: GRUB, kairos-boot or kboot.</summary>
public sealed class BlockWriteTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);
    private static readonly byte[] Header = Encoding.ASCII.GetBytes("# GRUB Environment Block\n");

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-block-writes-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public void Between_any_two_writes_loader_and_kernel_find_the_counters_of_before_or_of_after()
    {
        // disk: as kboot builds it, without counters, and with an active image that is found to be damaged
        using GrubDisk disk = new(new GrubDisk.Kind { Init = Settled.Init.Replace("poweroff", "kboot select recovery --once; sync; poweroff", StringComparison.Ordinal), KernelArguments = "panic=1" });
        disk.Replace("/cOS/active.img", disk.Content()[..^4096]);
        disk.Replace("/bootstate", null);
        string log = Path.Combine(_work.FullName, "writes");
        File.WriteAllBytes(log, []);
        using (QemuMachine first = QemuMachine.Start(new MachineSpec { Name = "block-writes", Disks = [disk.File], Writes = log }))
        {
            // kairos-boot makes the counters and gives active up; kboot reports good, and selects.
            first.ExpectEnd(Limit);
            // GRUB starts recovery, and takes the wish for it back.
            using QemuMachine second = first.SwitchOnAgain();
            second.ExpectEnd(Limit);
            ConsoleText.HoldsAll(second.Console, "kairosboot.slot=recovery kairosboot.why=oneshot");
        }

        DiskWrite[] writes = [.. disk.WritesOfState(WriteLog.Read(log))];
        int[] blocks = [.. writes.Index().Where(write => write.Item.Data.AsSpan().StartsWith(Header)).Select(write => write.Index)];
        Assert.True(blocks.Length >= 6, $"{blocks.Length} writes of the counters, {writes.Length} in all");
        BootCounters[] counters = [.. blocks.Select(at => CutVolume.Counters(writes[at].Data[..EnvironmentBlock.Bytes]) ?? throw new InvalidDataException($"write {at} is no block"))];

        // What certainly is there, and what is there where everything is that was written.
        CutVolume flushed = new(disk.CopyState(Path.Combine(_work.FullName, "flushed"))), all = new(disk.CopyState(Path.Combine(_work.FullName, "all")));
        List<int> waiting = [];
        int sure = -1, cuts = 0;
        for (int at = 0; at < writes.Length; at++)
        {
            if (writes[at].Data.Length == 0)
            {
                waiting.ForEach(index => flushed.Write(writes[index]));
                waiting.Clear();
                sure = Array.FindLastIndex(blocks, block => block < at);
                continue;
            }
            // It arrives in full, or its first or its last sectors only; with everything before it, or before all that was not flushed.
            int newest = Array.FindLastIndex(blocks, block => block <= at);
            foreach (DiskWrite part in Torn(writes[at], blocks.Contains(at)))
            {
                foreach (CutVolume cut in (CutVolume[])[all, flushed])
                {
                    cuts++;
                    string what = $"write {at} of {writes.Length}, {part.Data.Length} bytes at {part.Offset:x} of COS_STATE";
                    DiskWrite before = cut.Before(part);
                    cut.Write(part);
                    Sound(what + ", as GRUB finds it", cut.AsLoaderFindsIt(), counters, sure, newest);
                    Sound(what + ", as the kernel finds it", cut.AsKernelFindsIt(), counters, sure, newest);
                    cut.Write(before);
                }
            }
            all.Write(writes[at]);
            waiting.Add(at);
        }
        Figures.Add("power cuts at writes of COS_STATE", $"{cuts}, at {writes.Count(write => write.Data.Length > 0)} writes, {blocks.Length} of them of the counters: all with those of before or of after");
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
    /// The counters are one of those that were written since what is certain, or that. The first ones get their name after they were written: until somebody
    /// writes over them there may be none, or those that the disk was built with, as long as that name leads to the inode that they had.
    /// </summary>
    private static void Sound(string what, byte[] file, BootCounters[] written, int sure, int newest)
    {
        BootCounters? found = CutVolume.Counters(file);
        if (newest < 1 && (file.Length == 0 || found == new BootCounters())) return;
        int which = found is null || newest < 0 ? -1 : Array.FindLastIndex(written, newest, counters => counters == found);
        Assert.True(found is not null && which >= sure && which >= 0, $"{what}: {(found is null ? $"no counters in {file.Length} bytes" : $"those of write {which}, {found}")}, and {sure} was certain, {newest} the newest");
    }
}
