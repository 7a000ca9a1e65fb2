using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>The file of a <see cref="ResetRequest"/> on COS_STATE. After a power cut it is the old one or the new one.</summary>
public static class ResetRequestFile
{
    private static string Name => SystemPaths.ResetRequest[1..];

    /// <summary>The request; null: there is none.</summary>
    /// <param name="state">Mount point of COS_STATE.</param>
    /// <exception cref="OperatorException">The file is not a request.</exception>
    public static ResetRequest? TryRead(string state)
    {
        using var directory = Syscall.Open(state, OpenFlags.ReadOnly | OpenFlags.Directory);
        using var file = StateFile.TryOpen(directory, Name, out var status);
        if (status.Type == FileType.Unknown) return null;
        if (file is null || status.Size > ResetRequest.MaxBytes) throw Damaged(state);
        var bytes = new byte[ResetRequest.MaxBytes];
        return ResetRequest.TryParse(Encoding.UTF8.GetString(bytes, 0, Syscall.PRead(file, bytes, 0))) ?? throw Damaged(state);
    }

    /// <summary>A file exists, damaged or not.</summary>
    /// <param name="state">As above.</param>
    public static bool Exists(string state)
    {
        using var directory = Syscall.Open(state, OpenFlags.Path | OpenFlags.Directory);
        return Syscall.TryStatAt(directory, Name) is not null;
    }

    /// <summary>A request exists whose reset is not complete. Never fails for a damaged file, which counts as one.</summary>
    /// <param name="state">As above.</param>
    public static bool IsPending(string state)
    {
        try { return TryRead(state) is { IsDone: false }; }
        catch (OperatorException) { return true; }
    }

    /// <param name="state">As above.</param>
    /// <param name="request">Replaces the one that exists.</param>
    /// <exception cref="SyscallException">The file cannot be written; it is unchanged.</exception>
    public static void Write(string state, ResetRequest request) => MountedPartition.ChangeAt(state, () =>
    {
        using var directory = Syscall.Open(state, OpenFlags.ReadOnly | OpenFlags.Directory);
        StateFile.Replace(directory, Name, Encoding.UTF8.GetBytes(request.Format()));
    });

    /// <summary>Removes the file, if it exists.</summary>
    /// <param name="state">As above.</param>
    public static void Remove(string state)
    {
        if (!Exists(state)) return;
        MountedPartition.ChangeAt(state, () =>
        {
            using var directory = Syscall.Open(state, OpenFlags.ReadOnly | OpenFlags.Directory);
            Syscall.UnlinkAt(directory, Name);
            StateFile.Settle(directory);
        });
    }

    private static OperatorException Damaged(string state) =>
        new($"{state}{SystemPaths.ResetRequest} is damaged", "remove it: kboot reset --cancel");
}
