using KairosBoot.Execution;
using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Requests a reset that the recovery system does when it boots, and removes the request.</summary>
public static class ResetAtNextBoot
{
    /// <summary>Requests a reset. Before, everything is checked that would make it fail in recovery.</summary>
    /// <param name="machine">The machine, which runs active or passive.</param>
    /// <param name="oem">Erase COS_OEM.</param>
    /// <param name="persistent">Erase COS_PERSISTENT.</param>
    /// <exception cref="OperatorException">The reset would fail.</exception>
    public static void Request(TargetSystem machine, bool oem, bool persistent)
    {
        if (machine.IsRecovery)
            throw new OperatorException("the recovery system is running", "run kboot reset without --at-next-boot");
        if (oem) StatePartition.FindDevice(machine.Host, SystemPaths.OemLabel);
        if (persistent) StatePartition.FindDevice(machine.Host, SystemPaths.PersistentLabel);
        var recovery = machine.Recovery;
        // The layout of a machine whose configs are erased is another one.
        CheckRecovery(recovery.Path, machine.State.Path, oem ? [] : machine.MountPoints());
        Write(machine.State.Path, oem, persistent);
    }

    /// <summary>Checks that the recovery image can become active and would do the reset.</summary>
    /// <param name="recovery">Mount point of COS_RECOVERY.</param>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <param name="mountPoints">Directories that the image must have.</param>
    internal static void CheckRecovery(string recovery, string state, IReadOnlyList<string> mountPoints)
    {
        var image = TargetSystem.RecoveryImageOn(recovery)
            ?? throw new OperatorException("recovery has no image to boot", "write one: kboot upgrade --recovery --image FILE");
        ImagePreflight.CheckImage(image, mountPoints);
        if (!ResetServiceCheck.IsIn(image))
        {
            throw new OperatorException("the recovery image has no service that runs kboot reset --requested, so it would not reset",
                "install a newer recovery image, which kboot image build gives the service kairosboot-reset; or boot recovery with " +
                "kboot select recovery --once, and run kboot reset there");
        }

        using var directory = Syscall.Open(state, OpenFlags.ReadOnly | OpenFlags.Directory);
        var (needed, free) = (Syscall.TryStat(image)!.Value.Size, Syscall.FreeSpace(directory).Bytes);
        if (free < needed)
        {
            throw new OperatorException($"COS_STATE has {free >> 20} MiB free; the reset needs {(needed >> 20) + 1} MiB",
                "remove files that are not images from COS_STATE, or install a smaller recovery image");
        }
    }

    // The request is in force when the counters boot recovery first, so they change last.
    internal static void Write(string state, bool oem, bool persistent)
    {
        using var location = BootStateLocation.Open(state);
        var first = Usable(location).First;
        // A repeated request keeps the slot to go back to.
        if (first == Slot.Recovery && ResetRequestFile.TryRead(state) is { IsDone: false } earlier) first = earlier.First;
        ResetRequestFile.Write(state, new() { Oem = oem, Persistent = persistent, First = first });
        location.Change(ResetRequest.Arm);
    }

    /// <summary>Removes a request.</summary>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <returns>The slot that is first now; null: nothing was requested.</returns>
    public static Slot? Cancel(string state)
    {
        ResetRequest? request;
        try { request = ResetRequestFile.TryRead(state); }
        catch (OperatorException) { request = new(); } // damaged
        if (request is null) return null;
        using var location = BootStateLocation.Open(state);
        // As long as the counters boot recovery first, the request is in force: they change first.
        var counters = location.HasNoCounters ? new() : location.Change(counters => ResetRequest.Disarm(counters, request.First));
        ResetRequestFile.Remove(state);
        return counters.First;
    }

    internal static BootCounters Usable(BootStateLocation location)
    {
        location.RequireCounters();
        return location.Change(counters => counters);
    }
}
