using System.CommandLine;
using System.Text.Json;
using KairosBoot.Execution;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Cli;

/// <summary>Where the verbs about boot counters find them: on the machine they run on, or where <c>--state</c> points.</summary>
internal sealed class BootStateLocation : IDisposable
{
    private readonly StatePartition? partition;

    private BootStateLocation(string directory, string block, StatePartition? partition)
    {
        (Directory, Block) = (directory, block);
        this.partition = partition;
    }

    /// <summary>Root of COS_STATE.</summary>
    internal string Directory { get; }

    /// <summary>The file with the counters.</summary>
    internal string Block { get; }

    /// <summary>The slot this system runs from and the id of its image; null where that is not this system's state.</summary>
    internal (Slot Slot, string Image)? Booted { get; private init; }

    internal static Option<string?> Option => new("--state") { Description = "A mounted COS_STATE, or the file bootstate (default: this machine's)", HelpName = "PATH" };

    internal static Argument<string> Slot(bool optional)
    {
        var slot = new Argument<string>("SLOT") { Description = "active, passive or recovery", Arity = optional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
        return slot.AcceptOnlyFromAmong("active", "passive", "recovery");
    }

    internal static BootStateLocation Open(string? path)
    {
        if (path is null)
        {
            var partition = StatePartition.Find();
            return new(partition.Path, partition.Path + SystemPaths.BootState, partition) { Booted = ReadBooted() };
        }

        if (!Path.Exists(path)) throw new OperatorException($"{path} is not there", "give --state the directory where COS_STATE is mounted, or its file bootstate");
        var full = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        return System.IO.Directory.Exists(full)
            ? new(full, Path.TrimEndingDirectorySeparator(full) + SystemPaths.BootState, null)
            : new(Path.GetDirectoryName(full)!, full, null);
    }

    /// <summary>Changes the counters in a block that is one.</summary>
    internal BootCounters Change(Func<BootCounters, BootCounters> change) =>
        BootStateFile.Update(Block, block => block.Usable ? change(block.Counters) : throw Unusable(block)).Counters;

    /// <summary>Id of the image that lies in a slot now; null where none does, or where it is on another partition.</summary>
    internal string? ImageIn(Slot slot)
    {
        var image = $"{Directory}/cOS/{slot.Name()}.img";
        return slot != Plan.Slot.Recovery && File.Exists(image) ? BootCounter.IdOf(ImageIdentity.Of(image)) : null;
    }

    public void Dispose() => partition?.Dispose();

    private OperatorException Unusable(BootBlock block) => new($"{Block} {block.Problem}", "make it anew, with all tries for every slot: kboot assess reset");

    private static (Slot, string)? ReadBooted()
    {
        // It is for root and its group; another user's status goes without it.
        if (!Syscall.Access(SystemPaths.Report, Syscall.R_OK)) return null;
        using var report = JsonDocument.Parse(File.ReadAllBytes(SystemPaths.Report));
        var slot = SlotNames.TryParse(report.RootElement.GetProperty("slot").GetString());
        return slot is { } known ? (known, report.RootElement.GetProperty("imageId").GetString() ?? "") : null;
    }
}
