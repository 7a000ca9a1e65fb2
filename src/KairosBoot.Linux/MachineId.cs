using System.Text;
using KairosBoot.Plan;

namespace KairosBoot.Linux;

/// <summary>Keeps and renews machine ids: 32 lower-case hexadecimal digits and a newline.</summary>
public static class MachineId
{
    private const int ReadableByAll = 0b100_100_100;

    /// <summary>Null where all is well; a sentence where the identity may not outlive this boot.</summary>
    public static string? Commit(CommitMachineId step)
    {
        string? id = null;
        foreach (var store in step.Stores) id ??= TryRead(store);
        id ??= New();
        var kept = false;
        string? problem = null;
        foreach (var store in step.Stores)
        {
            try
            {
                if (TryRead(store) != id) Write(store, id);
                kept = true;
            }
            catch (SyscallException e) { problem = e.Message; }
        }
        if (TryRead(step.Target) != id) Write(step.Target, id);
        return kept || step.Stores.IsEmpty ? null : $"the machine id {id} is for this boot only: {problem}";
    }

    /// <summary>Null where the file is not there, cannot be read, or does not hold an id.</summary>
    private static string? TryRead(string path)
    {
        var text = FileText.TryReadAttribute(path);
        if (text is not { Length: 32 } || text == new string('0', 32)) return null;
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return null;
        return text;
    }

    // A random UUID of version 4, variant 1, as systemd-machine-id-setup makes them.
    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Syscall.GetRandom(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return Convert.ToHexStringLower(bytes);
    }

    // Whole or not there, whatever happens to the power.
    private static void Write(string path, string id)
    {
        var directory = path[..path.LastIndexOf('/')];
        var unfinished = path + ".kairosboot-new";
        Syscall.MakeDirectories(directory);
        using (var file = Syscall.Open(unfinished, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, ReadableByAll))
        {
            Syscall.WriteAll(file, Encoding.ASCII.GetBytes(id + "\n"));
            Syscall.FChMod(file, ReadableByAll);
            Syscall.FSync(file);
        }
        Syscall.Rename(unfinished, path);
        using var parent = Syscall.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        Syscall.FSync(parent);
    }
}
