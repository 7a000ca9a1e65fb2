using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Execution;

/// <summary>Stores and renews machine ids: 32 lower-case hexadecimal digits and a newline.</summary>
public static class MachineId
{
    private const int ReadableByAll = Octal.O444;

    /// <summary>Null: done; a sentence: the identity may be lost after this boot.</summary>
    /// <param name="step">The stores and the target.</param>
    /// <param name="note">A sentence if another kind of file was replaced; else null.</param>
    public static string? Commit(CommitMachineId step, out string? note)
    {
        string? id = null;
        note = null;
        var known = 0; // stores whose content was read
        while (known < step.Stores.Length && id is null) id = TryRead(step.Stores[known++], ref note);
        // Only the last of them may hold the id.
        var holder = id is null ? null : step.Stores[known - 1];
        id ??= New();
        var kept = false;
        string? problem = null;
        foreach (var store in step.Stores)
        {
            try
            {
                if (store != holder && TryRead(store, ref note) != id) Write(store, id);
                kept = true;
            }
            catch (SyscallException e) { problem = e.Message; }
            catch (OperatorException e) { problem = $"{e.Problem}; {e.Fix}"; }
        }
        if (TryRead(step.Target, ref note) != id) Write(step.Target, id);
        return kept || step.Stores.IsEmpty ? null : $"the machine id {id} is for this boot only: {problem}";
    }

    /// <summary>Null: the file is missing, cannot be read, or does not hold an id.</summary>
    private static string? TryRead(string path, ref string? note)
    {
        string text;
        try
        {
            using var file = StepPlace.TryOpenFile(path);
            if (file is null) return null;
            text = Encoding.UTF8.GetString(BoundedFile.Read(file, ReadLimit.MachineId)).Trim();
        }
        catch (SyscallException) { return null; }
        catch (OperatorException e)
        {
            note ??= $"{e.Problem}; the machine id is written in its place";
            return null;
        }
        if (text is not { Length: 32 } || text == new string('0', 32)) return null;
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return null;
        return text;
    }

    // A random UUID, version 4, variant 1, as from systemd-machine-id-setup.
    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Syscall.GetRandom(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return Convert.ToHexStringLower(bytes);
    }

    // After a power cut the file is complete or missing. An existing file of any kind is replaced: a link itself, not its target.
    private static void Write(string path, string id)
    {
        using var place = StepPlace.File(path, followLast: false);
        using var file = new FileReplacement(place, ReadableByAll, uid: 0, gid: 0, place.Name + ".kairosboot-new");
        Syscall.WriteAll(file.File, Encoding.ASCII.GetBytes(id + "\n"));
        if (place.Status is { Type: FileType.Directory }) FileTree.Delete(place.Directory, place.Name);
        file.Commit(sync: ReplacementSync.Name);
    }
}
